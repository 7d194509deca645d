//! Every colour, size and distance of the window, dark and light. No other file makes a colour.

use eframe::egui::{self, Color32, CornerRadius, FontFamily, FontId, Margin, Shadow, Stroke, TextStyle, Theme, Ui, Vec2, style};

/// Colours by what they are for.
#[derive(Clone, Debug)]
pub struct Palette {
    /// Behind the rail and the bars.
    pub chrome: Color32,
    /// Behind a page.
    pub page: Color32,
    /// Behind a group of things on a page.
    pub card: Color32,
    /// Behind a field that can be typed into.
    pub field: Color32,
    /// Behind a button; under the pointer; held down.
    pub button: Color32,
    pub button_hover: Color32,
    pub button_down: Color32,
    /// Lines between things.
    pub line: Color32,
    pub line_strong: Color32,
    pub text: Color32,
    pub text_strong: Color32,
    pub text_weak: Color32,
    /// The one colour that says "here": selection, links, the main button.
    pub accent: Color32,
    /// The main button's ground, and text on it.
    pub accent_fill: Color32,
    pub accent_fill_hover: Color32,
    pub on_accent: Color32,
    /// Ground of what is selected.
    pub accent_soft: Color32,
    /// Ground of selected text, and of the done part of a slider.
    pub accent_mid: Color32,
    pub good: Color32,
    pub warning: Color32,
    pub error: Color32,
    pub error_soft: Color32,
    pub warning_soft: Color32,
    /// Curves: told apart by people who see red and green alike (after Okabe and Ito 2008).
    pub curves: [Color32; 7],
    /// Grounds of neighbouring tokens.
    pub tokens: [Color32; 4],
}

const fn rgb(hex: u32) -> Color32 {
    Color32::from_rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

const DARK: Palette = Palette {
    chrome: rgb(0x0F_11_14),
    page: rgb(0x15_17_1B),
    card: rgb(0x1B_1E_23),
    field: rgb(0x0F_11_14),
    button: rgb(0x26_2A_31),
    button_hover: rgb(0x30_35_3E),
    button_down: rgb(0x3A_40_4B),
    line: rgb(0x29_2D_34),
    line_strong: rgb(0x3D_43_4D),
    text: rgb(0xCD_D2_DA),
    text_strong: rgb(0xF1_F3_F6),
    text_weak: rgb(0x8F_97_A3),
    accent: rgb(0x6E_A8_FE),
    accent_fill: rgb(0x2B_63_D0),
    accent_fill_hover: rgb(0x35_72_E6),
    on_accent: rgb(0xFF_FF_FF),
    accent_soft: rgb(0x1D_30_4F),
    accent_mid: rgb(0x2B_55_9B),
    good: rgb(0x3F_BF_8F),
    warning: rgb(0xE6_A8_23),
    error: rgb(0xF2_71_5B),
    error_soft: rgb(0x3B_1D_1A),
    warning_soft: rgb(0x38_2C_12),
    curves: [
        rgb(0x56_B4_E9),
        rgb(0xE6_9F_00),
        rgb(0x2F_C4_94),
        rgb(0xE0_8D_BC),
        rgb(0xF0_E4_42),
        rgb(0xF0_7B_3F),
        rgb(0x8E_9B_F5),
    ],
    tokens: [rgb(0x1F_3A_5A), rgb(0x4A_36_14), rgb(0x17_42_35), rgb(0x48_2B_40)],
};

const LIGHT: Palette = Palette {
    chrome: rgb(0xF1_F3_F5),
    page: rgb(0xFF_FF_FF),
    card: rgb(0xF7_F8_FA),
    field: rgb(0xFF_FF_FF),
    button: rgb(0xE7_EA_EE),
    button_hover: rgb(0xDC_E0_E6),
    button_down: rgb(0xCD_D3_DB),
    line: rgb(0xDD_E1_E6),
    line_strong: rgb(0xB4_BB_C5),
    text: rgb(0x2B_31_3A),
    text_strong: rgb(0x0D_11_17),
    text_weak: rgb(0x5F_69_76),
    accent: rgb(0x1F_5F_CC),
    accent_fill: rgb(0x24_62_CF),
    accent_fill_hover: rgb(0x1B_53_B5),
    on_accent: rgb(0xFF_FF_FF),
    accent_soft: rgb(0xDC_E8_FC),
    accent_mid: rgb(0xA9_C8_F8),
    good: rgb(0x0B_7A_56),
    warning: rgb(0x94_64_00),
    error: rgb(0xB9_3A_1E),
    error_soft: rgb(0xFD_E8_E3),
    warning_soft: rgb(0xFC_F1_D8),
    curves: [
        rgb(0x00_72_B2),
        rgb(0xC9_7B_00),
        rgb(0x00_8F_68),
        rgb(0xB2_4F_87),
        rgb(0x8A_80_00),
        rgb(0xC9_4F_00),
        rgb(0x50_56_C8),
    ],
    tokens: [rgb(0xD6_E8_F8), rgb(0xFB_E6_C2), rgb(0xCF_EE_E1), rgb(0xF4_DB_EA)],
};

/// The colours that fit the theme in use.
pub fn palette(ui: &Ui) -> &'static Palette {
    of(ui.visuals().dark_mode)
}

/// As `palette`, where there is no `Ui`.
pub fn of(dark: bool) -> &'static Palette {
    if dark { &DARK } else { &LIGHT }
}

/// From cold to hot, one lightness after the other: readable without seeing colours. On dark grounds hot is light (after cividis,
/// Nuñez et al. 2018), on light ones it is dark (after `ColorBrewer`'s yellow–orange–brown).
pub fn heat(dark: bool) -> &'static [Color32; 6] {
    const ON_DARK: [Color32; 6] =
        [rgb(0x15_1F_30), rgb(0x2B_3F_66), rgb(0x5E_63_70), rgb(0x94_8E_77), rgb(0xC8_B8_66), rgb(0xFE_E8_38)];
    const ON_LIGHT: [Color32; 6] =
        [rgb(0xFF_FF_F5), rgb(0xFE_EC_B4), rgb(0xFB_C8_5F), rgb(0xEC_90_2A), rgb(0xB8_55_0C), rgb(0x66_25_06)];
    if dark { &ON_DARK } else { &ON_LIGHT }
}

/// Distances, in points. Everything stands on this scale.
pub mod space {
    pub const XS: f32 = 4.0;
    pub const S: f32 = 8.0;
    pub const M: f32 = 12.0;
    pub const L: f32 = 16.0;
    pub const XL: f32 = 24.0;
    pub const XXL: f32 = 40.0;
    /// Height of a row of a table or list.
    pub const ROW: f32 = 26.0;
}

/// Corners of buttons and fields.
pub const RADIUS: u8 = 5;
/// Corners of cards and windows.
pub const RADIUS_LARGE: u8 = 8;

/// Semi-bold text of the body's size, for the names of things.
pub fn strong() -> TextStyle {
    TextStyle::Name("strong".into())
}

/// A heading inside a page.
pub fn section() -> TextStyle {
    TextStyle::Name("section".into())
}

/// A number that should be seen first.
pub fn figure() -> TextStyle {
    TextStyle::Name("figure".into())
}

/// The icon font alone: the text font has signs of its own at the same places.
pub fn icons() -> FontFamily {
    FontFamily::Name("icons".into())
}

/// Semi-bold, with the same fallbacks as the text font.
pub fn semibold() -> FontFamily {
    FontFamily::Name("semibold".into())
}

/// Sets both themes; egui switches between them.
pub fn install(ctx: &egui::Context) {
    for theme in [Theme::Dark, Theme::Light] {
        ctx.style_mut_of(theme, |style| restyle(style, of(theme == Theme::Dark)));
    }
    ctx.options_mut(|options| options.zoom_with_keyboard = false);
}

fn restyle(style: &mut egui::Style, palette: &Palette) {
    style.text_styles = [
        (TextStyle::Small, FontId::new(11.5, FontFamily::Proportional)),
        (TextStyle::Body, FontId::new(13.5, FontFamily::Proportional)),
        (TextStyle::Button, FontId::new(13.5, FontFamily::Proportional)),
        (TextStyle::Monospace, FontId::new(12.5, FontFamily::Monospace)),
        (TextStyle::Heading, FontId::new(19.0, semibold())),
        (strong(), FontId::new(13.5, semibold())),
        (section(), FontId::new(15.0, semibold())),
        (figure(), FontId::new(18.0, semibold())),
    ]
    .into();
    let spacing = &mut style.spacing;
    spacing.item_spacing = Vec2::new(space::S, 6.0);
    spacing.button_padding = Vec2::new(10.0, 4.0);
    spacing.interact_size = Vec2::new(28.0, 26.0);
    spacing.menu_margin = Margin::same(6);
    spacing.window_margin = Margin::same(16);
    spacing.indent = 16.0;
    spacing.icon_width = 16.0;
    spacing.combo_width = 120.0;
    spacing.combo_height = 420.0;
    spacing.slider_width = 180.0;
    spacing.tooltip_width = 340.0;
    spacing.scroll = style::ScrollStyle::thin();
    style.interaction.tooltip_delay = 0.35;
    style.interaction.selectable_labels = false;
    style.animation_time = 0.1;
    style.compact_menu_style = false;
    revisual(&mut style.visuals, palette);
}

fn revisual(visuals: &mut egui::Visuals, palette: &Palette) {
    visuals.weak_text_color = Some(palette.text_weak);
    visuals.hyperlink_color = palette.accent;
    visuals.faint_bg_color = palette.card;
    visuals.extreme_bg_color = palette.field;
    visuals.text_edit_bg_color = Some(palette.field);
    visuals.code_bg_color = palette.button;
    visuals.warn_fg_color = palette.warning;
    visuals.error_fg_color = palette.error;
    visuals.panel_fill = palette.page;
    visuals.window_fill = palette.card;
    visuals.window_stroke = Stroke::new(1.0, palette.line_strong);
    visuals.window_corner_radius = CornerRadius::same(RADIUS_LARGE);
    visuals.menu_corner_radius = CornerRadius::same(RADIUS_LARGE);
    let shade = Color32::from_black_alpha(if visuals.dark_mode { 110 } else { 40 });
    visuals.window_shadow = Shadow { offset: [0, 8], blur: 24, spread: 0, color: shade };
    visuals.popup_shadow = Shadow { offset: [0, 4], blur: 12, spread: 0, color: shade };
    visuals.selection.bg_fill = palette.accent_mid;
    visuals.selection.stroke = Stroke::new(1.0, palette.text_strong);
    visuals.slider_trailing_fill = true;
    visuals.striped = false;
    visuals.indent_has_left_vline = false;
    let radius = CornerRadius::same(RADIUS);
    let state = |ground: Color32, line: Color32, text: Color32| style::WidgetVisuals {
        bg_fill: ground,
        weak_bg_fill: ground,
        bg_stroke: Stroke::new(1.0, line),
        corner_radius: radius,
        fg_stroke: Stroke::new(1.0, text),
        expansion: 0.0,
    };
    visuals.widgets.noninteractive = state(palette.card, palette.line, palette.text);
    visuals.widgets.inactive = state(palette.button, palette.line, palette.text);
    visuals.widgets.hovered = state(palette.button_hover, palette.line_strong, palette.text_strong);
    visuals.widgets.active = state(palette.button_down, palette.accent, palette.text_strong);
    visuals.widgets.open = state(palette.button_hover, palette.line_strong, palette.text_strong);
}

/// WCAG 2.1 contrast of two opaque colours, from 1 to 21.
pub fn contrast(a: Color32, b: Color32) -> f32 {
    let luminance = |c: Color32| {
        let channel = |v: u8| {
            let x = f32::from(v) / 255.0;
            if x <= 0.040_45 { x / 12.92 } else { ((x + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(c.r()) + 0.7152 * channel(c.g()) + 0.0722 * channel(c.b())
    };
    let (light, dark) = (luminance(a).max(luminance(b)), luminance(a).min(luminance(b)));
    (light + 0.05) / (dark + 0.05)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_can_be_read_on_every_ground() {
        for palette in [&DARK, &LIGHT] {
            for ground in [palette.chrome, palette.page, palette.card, palette.field] {
                assert!(contrast(palette.text, ground) >= 7.0);
                assert!(contrast(palette.text_weak, ground) >= 4.5, "{}", contrast(palette.text_weak, ground));
                for signal in [palette.accent, palette.good, palette.warning, palette.error] {
                    assert!(contrast(signal, ground) >= 4.5, "{signal:?} on {ground:?}: {}", contrast(signal, ground));
                }
            }
            assert!(contrast(palette.on_accent, palette.accent_fill) >= 4.5);
            for token in palette.tokens {
                assert!(contrast(palette.text, token) >= 4.5);
            }
            for curve in palette.curves {
                assert!(contrast(curve, palette.page) >= 3.0, "{curve:?}");
            }
        }
    }
}
