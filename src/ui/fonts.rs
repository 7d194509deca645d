//! The fonts that come with the program. Signs that none of them has are looked up among the system's fonts by eframe.

use std::sync::Arc;

use eframe::egui::{self, FontData, FontDefinitions, FontFamily, FontTweak};

use super::theme;

const INTER: &[u8] = include_bytes!("../../assets/fonts/Inter-Regular.otf");
const INTER_SEMIBOLD: &[u8] = include_bytes!("../../assets/fonts/Inter-SemiBold.otf");
const PHOSPHOR: &[u8] = include_bytes!("../../assets/fonts/Phosphor.ttf");
const DEJAVU: &[u8] = include_bytes!("../../assets/fonts/DejaVuSans.ttf");
const DROID: &[u8] = include_bytes!("../../assets/fonts/DroidSansFallbackFull.ttf");

/// Text: Inter, then Greek, Cyrillic, Arabic, Hebrew, mathematics (`DejaVu`), then Chinese and Japanese (Droid); Korean and what else is missing comes from the system.
pub fn install(ctx: &egui::Context) {
    ctx.set_fonts(definitions());
}

fn definitions() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    let own = [("inter", INTER), ("inter-semibold", INTER_SEMIBOLD), ("dejavu", DEJAVU), ("droid", DROID)];
    for (name, bytes) in own {
        fonts.font_data.insert(name.to_owned(), Arc::new(FontData::from_static(bytes)));
    }
    // Phosphor's glyphs hang from the baseline; text fonts stand on it.
    let tweak = FontTweak { y_offset_factor: 0.06, scale: 1.12, ..FontTweak::default() };
    fonts.font_data.insert("phosphor".to_owned(), Arc::new(FontData::from_static(PHOSPHOR).tweak(tweak)));

    let builtin = fonts.families.get(&FontFamily::Proportional).cloned().unwrap_or_default();
    let emoji = builtin.iter().filter(|name| !name.contains("Ubuntu")).cloned();
    let fallback = emoji.chain(["dejavu", "droid"].map(str::to_owned)).collect::<Vec<_>>();
    let with_first = |first: &str| [first.to_owned()].into_iter().chain(fallback.iter().cloned()).collect::<Vec<_>>();
    fonts.families.insert(FontFamily::Proportional, with_first("inter"));
    fonts.families.insert(theme::semibold(), with_first("inter-semibold"));
    fonts.families.insert(theme::icons(), vec!["phosphor".to_owned(), "inter".to_owned()]);
    let monospace = fonts.families.entry(FontFamily::Monospace).or_default();
    monospace.retain(|name| !name.contains("Ubuntu"));
    monospace.extend(["dejavu", "droid"].map(str::to_owned));
    fonts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::icon;

    #[test]
    fn scripts_and_icons_have_glyphs() {
        let ctx = egui::Context::default();
        install(&ctx);
        theme::install(&ctx);
        let output = ctx.run_ui(egui::RawInput::default(), |ui| {
            let body = egui::FontId::new(13.0, FontFamily::Proportional);
            let icons = egui::FontId::new(13.0, theme::icons());
            ui.ctx().fonts_mut(|fonts| {
                for c in "Aß€Ωжשم∑→…漢字かな".chars() {
                    assert!(fonts.has_glyph(&body, c), "no glyph for {c}");
                }
                for icon in [icon::DATABASE, icon::BRAIN, icon::PAUSE, icon::FOLDER_OPEN, icon::MINUS] {
                    assert!(fonts.has_glyphs(&icons, icon), "no glyph for {icon:?}");
                }
            });
        });
        drop(output);
    }
}
