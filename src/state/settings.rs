//! What a person likes: dark or light, how large. Knows no egui.

/// Dark, light, or what the desktop says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ThemeChoice {
    #[default]
    System,
    Dark,
    Light,
}

impl ThemeChoice {
    pub fn key(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Dark => "dark",
            Self::Light => "light",
        }
    }

    pub fn from_key(key: &str) -> Option<Self> {
        [Self::System, Self::Dark, Self::Light].into_iter().find(|choice| choice.key() == key)
    }
}

/// What is remembered of the window between two starts, whatever the project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    pub theme: ThemeChoice,
    /// Magnification, in percent.
    pub zoom_percent: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { theme: ThemeChoice::System, zoom_percent: 100 }
    }
}

impl Settings {
    pub const ZOOMS: [u32; 9] = [70, 80, 90, 100, 110, 125, 150, 175, 200];

    /// The next larger (+1) or smaller (−1) magnification.
    pub fn zoomed(self, by: i32) -> u32 {
        let next = if by > 0 {
            Self::ZOOMS.into_iter().find(|&z| z > self.zoom_percent)
        } else {
            Self::ZOOMS.into_iter().rev().find(|&z| z < self.zoom_percent)
        };
        next.unwrap_or(self.zoom_percent)
    }

    /// Pairs as they are stored.
    pub fn to_pairs(self) -> Vec<(String, String)> {
        vec![("window.theme".to_owned(), self.theme.key().to_owned()), ("window.zoom".to_owned(), self.zoom_percent.to_string())]
    }

    /// Takes over what is known of stored pairs; the rest is not ours.
    pub fn read(&mut self, pairs: &[(String, String)]) {
        for (key, value) in pairs {
            match key.as_str() {
                "window.theme" => self.theme = ThemeChoice::from_key(value).unwrap_or(self.theme),
                "window.zoom" => {
                    self.zoom_percent = value.parse().ok().filter(|z| (50..=300).contains(z)).unwrap_or(self.zoom_percent);
                }
                _ => {}
            }
        }
    }
}

/// A change of what a person likes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingsAction {
    SetTheme(ThemeChoice),
    /// Dark to light or back, whichever is shown now.
    ToggleTheme,
    ZoomBy(i32),
    ZoomReset,
    ToggleFullscreen,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_come_back_as_they_were_stored() {
        let settings = Settings { theme: ThemeChoice::Light, zoom_percent: 125 };
        let mut read = Settings::default();
        read.read(&settings.to_pairs());
        assert_eq!(read, settings);
        read.read(&[("window.zoom".to_owned(), "nonsense".to_owned())]);
        assert_eq!(read.zoom_percent, 125);
    }
}
