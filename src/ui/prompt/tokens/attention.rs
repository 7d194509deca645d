//! Where the heads look: the text shaded from the pinned token, a matrix, and all heads as small multiples. Changes nothing itself.

use std::sync::Arc;

use eframe::egui::{
    self, Color32, ColorImage, ComboBox, CornerRadius, FontId, Id, Rect, Sense, Stroke, StrokeKind, TextureHandle,
    TextureOptions, Ui, pos2, vec2,
};

use super::act;
use super::chips::{piece, readable};
use crate::engine::command::JobId;
use crate::engine::look::AttentionView;
use crate::state::look::{LookAction, LookDraft, LookState};
use crate::state::{Action, format};
use crate::ui::plot;
use crate::ui::theme::{palette, space};
use crate::ui::widgets;

const UV: Rect = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));

pub fn show(ui: &mut Ui, look: &LookState, draft: &mut LookDraft, actions: &mut Vec<Action>) {
    let (Some(view), Some(place)) = (&look.attention.got, look.place()) else {
        widgets::progress(ui, None, 120.0);
        return;
    };
    draft.layer = draft.layer.filter(|layer| *layer < view.layers);
    draft.head = draft.head.filter(|head| *head < view.heads);
    pickers(ui, view, draft);
    if view.tokens.len() < view.total {
        let (first, last) = (view.first + 1, view.first + view.tokens.len());
        widgets::small_weak(
            ui,
            format!(
                "Tokens {first} to {last} of {} are shown; what goes to the others is in no picture. Pin another to move there.",
                view.total
            ),
        );
    }
    ui.add_space(space::XS);
    let layers = draft.layer.map_or_else(|| (0..view.layers).collect::<Vec<_>>(), |layer| vec![layer]);
    let heads = draft.head.map_or_else(|| (0..view.heads).collect::<Vec<_>>(), |head| vec![head]);
    let which: Vec<(usize, usize)> = layers.iter().flat_map(|layer| heads.iter().map(|head| (*layer, *head))).collect();
    let mean = view.mean(&which);
    shaded(ui, view, &mean, place, actions);
    ui.add_space(space::S);
    let wide = ui.available_width() > 620.0;
    let stamp = Stamp { job: look.attention.job, dark: ui.visuals().dark_mode };
    let mut both = |ui: &mut Ui| {
        matrix(ui, view, &mean, place, (stamp, draft.layer, draft.head), actions);
        ui.add_space(space::M);
        multiples(ui, view, stamp, draft);
    };
    if wide {
        ui.horizontal_top(|ui| both(ui));
    } else {
        ui.vertical(|ui| both(ui));
    }
}

fn pickers(ui: &mut Ui, view: &AttentionView, draft: &mut LookDraft) {
    ui.horizontal_wrapped(|ui| {
        let meaning = "In every layer, each token gathers from others (in a decoder: from those before it) what it needs; attention says how \
                       much from which. Every head of a layer looks for something else";
        widgets::term(ui, "Attention of", meaning);
        pick(ui, "layer", "All layers", view.layers, &mut draft.layer);
        pick(ui, "head", "All heads", view.heads, &mut draft.head);
        if draft.layer.is_none() || draft.head.is_none() {
            widgets::small_weak(ui, "averaged");
        }
        plot::heat_legend(ui, "nothing", "all");
    });
}

fn pick(ui: &mut Ui, what: &str, all: &str, n: usize, chosen: &mut Option<usize>) {
    let name = |it: Option<usize>| it.map_or_else(|| all.to_owned(), |i| format!("{} {}", capital(what), i + 1));
    let list = ComboBox::from_id_salt(("attention", what)).selected_text(name(*chosen)).width(110.0).show_ui(ui, |ui| {
        for it in std::iter::once(None).chain((0..n).map(Some)) {
            ui.selectable_value(chosen, it, name(it));
        }
    });
    widgets::named(list.response, &format!("Attention {what}"));
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The text, each token as warm as the pinned one looks at it.
fn shaded(ui: &mut Ui, view: &AttentionView, mean: &[f32], place: usize, actions: &mut Vec<Action>) {
    let n = view.tokens.len();
    let Some(row) = place.checked_sub(view.first).and_then(|i| mean.chunks_exact(n).nth(i)) else { return };
    let inside: f32 = row.iter().sum();
    let token = view.tokens.get(place - view.first).map(String::as_str).unwrap_or_default();
    let outside = if inside < 0.995 {
        format!(" ({} go to tokens not shown)", format::percent(f64::from(1.0 - inside)))
    } else {
        String::new()
    };
    widgets::small_weak(ui, format!("Where “{}” looks{outside}. Click another token to look from there.", readable(token)));
    ui.horizontal_wrapped(|ui| {
        (ui.spacing_mut().item_spacing, ui.spacing_mut().interact_size.y) = (vec2(1.0, 4.0), 20.0);
        for (i, (token, p)) in view.tokens.iter().zip(row).enumerate() {
            let here = view.first + i == place;
            let seen = !view.causal || view.first + i <= place;
            let response = piece(ui, token, seen.then(|| warmth(*p)), (here, false));
            if response.clicked() {
                actions.push(act(LookAction::Pin(Some(view.first + i))));
            }
            response.on_hover_text(if seen { format::percent(f64::from(*p)) } else { "comes later: not seen".to_owned() });
        }
    });
}

/// Square roots, so that a tenth is seen beside a half.
fn warmth(p: f32) -> f32 {
    p.max(0.0).sqrt()
}

/// What a picture was made of.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Stamp {
    job: JobId,
    dark: bool,
}

/// A picture that stays until it is made of something else.
#[derive(Clone)]
struct Kept<K>(K, Arc<TextureHandle>);

fn texture<K: Clone + PartialEq + Send + Sync + 'static>(
    ui: &Ui,
    name: &str,
    key: K,
    draw: impl FnOnce() -> ColorImage,
) -> Arc<TextureHandle> {
    let id = Id::unique(("attention picture", name));
    if let Some(Kept(of, handle)) = ui.data(|data| data.get_temp::<Kept<K>>(id))
        && of == key
    {
        return handle;
    }
    let handle = Arc::new(ui.ctx().load_texture(name, draw(), TextureOptions::NEAREST));
    ui.data_mut(|data| data.insert_temp(id, Kept(key, handle.clone())));
    handle
}

type Chosen = (Stamp, Option<usize>, Option<usize>);

/// The mean of the chosen heads: a row for each token that looks, a column for each that is looked at.
fn matrix(ui: &mut Ui, view: &AttentionView, mean: &[f32], place: usize, chosen: Chosen, actions: &mut Vec<Action>) {
    let n = view.tokens.len();
    let handle =
        texture(ui, "matrix", chosen, || ColorImage::new([n, n], mean.iter().map(|p| plot::heat(ui, warmth(*p)).0).collect()));
    ui.vertical(|ui| {
        let cell = (330.0 / n as f32).clamp(2.0, 22.0);
        let (names, side) = (if cell >= 11.0 { 70.0 } else { 0.0 }, cell * n as f32);
        let (all, response) = ui.allocate_exact_size(vec2(names + side, side), Sense::click());
        let rect = Rect::from_min_size(all.min + vec2(names, 0.0), vec2(side, side));
        ui.painter().image(handle.id(), rect, UV, Color32::WHITE);
        for (i, token) in view.tokens.iter().enumerate().filter(|_| names > 0.0) {
            let line = Rect::from_min_size(all.min + vec2(0.0, cell * i as f32), vec2(names - 4.0, cell));
            let painter = ui.painter().with_clip_rect(line.intersect(ui.clip_rect()));
            let font = FontId::proportional((cell - 2.0).min(12.0));
            painter.text(line.right_center(), egui::Align2::RIGHT_CENTER, readable(token), font, palette(ui).text);
        }
        if let Some(i) = place.checked_sub(view.first).filter(|i| *i < n) {
            let row = Rect::from_min_size(rect.min + vec2(0.0, cell * i as f32), vec2(side, cell));
            ui.painter().rect_stroke(row, CornerRadius::ZERO, Stroke::new(1.0, palette(ui).accent), StrokeKind::Outside);
        }
        let Some(pointer) = response.hover_pos() else { return };
        let at = (pointer - rect.min) / cell;
        let (row, column) = (at.y.max(0.0) as usize, at.x.max(0.0) as usize);
        if response.clicked() && row < n {
            actions.push(act(LookAction::Pin(Some(view.first + row))));
        }
        if let (true, Some(from), Some(to), Some(p)) =
            (at.x >= 0.0, view.tokens.get(row), view.tokens.get(column), mean.get(row * n + column))
        {
            let text = format!("“{}” takes {} from “{}”", readable(from), format::percent(f64::from(*p)), readable(to));
            response.on_hover_text_at_pointer(text);
        }
    });
}

/// All heads of all layers, small; a click chooses one.
fn multiples(ui: &mut Ui, view: &AttentionView, stamp: Stamp, draft: &mut LookDraft) {
    let n = view.tokens.len();
    let handle = texture(ui, "heads", stamp, || {
        let (width, height) = (view.heads * n, view.layers * n);
        let mut pixels = vec![Color32::TRANSPARENT; width * height];
        for layer in 0..view.layers {
            for head in 0..view.heads {
                for (i, p) in view.head(layer, head).iter().enumerate() {
                    pixels[(layer * n + i / n) * width + head * n + i % n] = plot::heat(ui, warmth(*p)).0;
                }
            }
        }
        ColorImage::new([width, height], pixels)
    });
    ui.vertical(|ui| {
        widgets::small_weak(ui, "Every head; layers from top to bottom. Click one.");
        let (room, gap) = (ui.available_width() - 4.0, 4.0);
        let side = ((room / view.heads as f32) - gap).clamp(14.0, 64.0);
        ui.spacing_mut().item_spacing = vec2(gap, gap);
        for layer in 0..view.layers {
            ui.horizontal(|ui| {
                for head in 0..view.heads {
                    let (rect, response) = ui.allocate_exact_size(vec2(side, side), Sense::click());
                    let (u, v) = (1.0 / view.heads as f32, 1.0 / view.layers as f32);
                    let uv = Rect::from_min_size(pos2(head as f32 * u, layer as f32 * v), vec2(u, v));
                    ui.painter().image(handle.id(), rect, uv, Color32::WHITE);
                    let here = draft.layer == Some(layer) && draft.head == Some(head);
                    if here || response.hovered() {
                        let stroke = Stroke::new(if here { 2.0 } else { 1.0 }, palette(ui).accent);
                        ui.painter().rect_stroke(rect, CornerRadius::ZERO, stroke, StrokeKind::Outside);
                    }
                    let name = format!("Layer {}, head {}", layer + 1, head + 1);
                    if widgets::named(response, &name).on_hover_text(name.clone()).clicked() {
                        (draft.layer, draft.head) = if here { (None, None) } else { (Some(layer), Some(head)) };
                    }
                }
            });
        }
    });
}
