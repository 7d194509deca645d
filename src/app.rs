//! The eframe application: drains events in `logic`, draws in `ui`, then hands what was done to the state and its commands to the engine.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use eframe::egui::{self, Context, ThemePreference, ViewportCommand};
use eframe::{CreationContext, Frame, NativeOptions, Renderer};

use crate::config::machine;
use crate::engine::{Command, Engine};
use crate::state::{Action, AppState, Draft, Effect, ProjectState, Settings, ThemeChoice};
use crate::store::recent::{self, AppMemory};
use crate::store::{frame_log, sample};
use crate::ui::dialogs::Dialogs;
use crate::ui::shell::{self, Surroundings};
use crate::ui::{fonts, keys, theme};

/// Appends a line a second to this file, for checks from outside: frames drawn, 99th percentile of their time and time until the first
/// one, both in milliseconds.
const FRAME_LOG_VARIABLE: &str = "LYCEUM_FRAME_LOG";
/// Opens this project.
const PROJECT_VARIABLE: &str = "LYCEUM_PROJECT";
/// Draws with this and nothing else: `wgpu` or `glow`.
const RENDERER_VARIABLE: &str = "LYCEUM_RENDERER";
/// Events wake the window no more often than this: drawing takes time from training.
const WAKE_AFTER: Duration = Duration::from_millis(40);

/// Opens the window on this project; on none given, on the one opened last, or on the sample project.
/// Where wgpu finds no adapter, OpenGL draws.
pub fn run(project: Option<PathBuf>) -> anyhow::Result<()> {
    let began = Instant::now();
    let project = project.or_else(|| std::env::var_os(PROJECT_VARIABLE).map(PathBuf::from));
    let only = std::env::var(RENDERER_VARIABLE).ok();
    let renderers: &[Renderer] = match only.as_deref() {
        Some("glow") => &[Renderer::Glow],
        Some("wgpu") => &[Renderer::Wgpu],
        _ => &[Renderer::Wgpu, Renderer::Glow],
    };
    let mut failures = Vec::new();
    for &renderer in renderers {
        let project = project.clone();
        let opened = eframe::run_native("lyceum", options(renderer), Box::new(|cc| Ok(Box::new(App::new(cc, project, began)))));
        match opened {
            Ok(()) => return Ok(()),
            Err(error) => failures.push(format!("{renderer}: {error}")),
        }
    }
    anyhow::bail!("no renderer works here ({})", failures.join("; "))
}

fn options(renderer: Renderer) -> NativeOptions {
    let viewport = egui::ViewportBuilder::default()
        .with_title("Lyceum")
        .with_app_id("lyceum")
        .with_inner_size([1440.0, 900.0])
        .with_min_inner_size([800.0, 560.0])
        .with_drag_and_drop(true);
    NativeOptions { viewport, renderer, ..NativeOptions::default() }
}

struct App {
    state: AppState,
    draft: Draft,
    engine: Option<Engine>,
    dialogs: Dialogs,
    around: Surroundings,
    memory: AppMemory,
    frame_log: Option<(PathBuf, Instant)>,
    closing: Closing,
    /// When the program's memory was last looked up.
    memory_read: Option<Instant>,
    /// When the program was started.
    began: Instant,
}

/// Steps of closing the window during a run: say so, draw that, save, go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Closing {
    No,
    /// Frames that are still drawn, so that "Saving…" is on the screen before the window waits.
    Soon(u8),
    Now,
}

impl App {
    fn new(cc: &CreationContext<'_>, project: Option<PathBuf>, began: Instant) -> Self {
        let ctx = &cc.egui_ctx;
        fonts::install(ctx);
        theme::install(ctx);
        let memory = AppMemory::load();
        let mut settings = Settings::default();
        settings.read(&memory.settings);
        let mut state = AppState::default();
        let _none = state.apply(Action::Remember(settings));
        let around = Surroundings { renderer: renderer_name(cc), recent: memory.recent.clone(), ..Surroundings::default() };
        let frame_log = std::env::var_os(FRAME_LOG_VARIABLE).map(|path| (PathBuf::from(path), Instant::now()));
        let (draft, dialogs) = (Draft::default(), Dialogs::default());
        let mut app = Self {
            state,
            draft,
            engine: None,
            dialogs,
            around,
            memory,
            frame_log,
            closing: Closing::No,
            memory_read: None,
            began,
        };
        show_settings(ctx, settings);
        match project.or_else(|| app.memory.last.clone().filter(|last| recent::is_project(last))) {
            Some(path) => {
                let create = !recent::is_project(&path) && !path.exists();
                app.open(ctx, path, create);
            }
            None => app.open_sample(ctx),
        }
        app
    }

    fn open(&mut self, ctx: &Context, path: PathBuf, create: bool) {
        // The old workers end first: they may hold the very same project.
        self.engine = None;
        self.engine = Some(Engine::start(path.clone(), create, wake(ctx)));
        self.act(ctx, Action::Opening { path, sample: false });
    }

    fn open_sample(&mut self, ctx: &Context) {
        self.engine = None;
        self.engine = Some(Engine::start_sample(wake(ctx)));
        self.act(ctx, Action::Opening { path: sample::default_path(), sample: true });
    }

    /// One action through the state's first door.
    fn act(&mut self, ctx: &Context, action: Action) {
        let commands = self.state.apply(action);
        self.send(commands);
        for effect in self.state.take_effects() {
            self.take_effect(ctx, effect);
        }
    }

    fn send(&self, commands: Vec<Command>) {
        if let Some(engine) = &self.engine {
            for command in commands {
                engine.send(command);
            }
        }
    }

    fn take_effect(&mut self, ctx: &Context, effect: Effect) {
        match effect {
            Effect::Pick(purpose) => self.dialogs.ask(purpose),
            Effect::Open { path, create } => self.open(ctx, path, create),
            Effect::OpenSample => self.open_sample(ctx),
            Effect::CopyText(text) => ctx.copy_text(text),
            Effect::Settings(settings) => {
                show_settings(ctx, settings);
                settings.to_pairs().into_iter().for_each(|(key, value)| self.memory.set(&key, &value));
                self.remember();
            }
            Effect::ToggleTheme => {
                let choice = if ctx.theme() == egui::Theme::Dark { ThemeChoice::Light } else { ThemeChoice::Dark };
                self.act(ctx, Action::Settings(crate::state::SettingsAction::SetTheme(choice)));
            }
            Effect::ToggleFullscreen => {
                let now = ctx.input(|input| input.viewport().fullscreen.unwrap_or(false));
                ctx.send_viewport_cmd(ViewportCommand::Fullscreen(!now));
            }
            Effect::Quit => ctx.send_viewport_cmd(ViewportCommand::Close),
        }
    }

    fn remember(&mut self) {
        self.around.recent.clone_from(&self.memory.recent);
        if let Err(error) = self.memory.save() {
            self.state.notices.warning(format!("Settings could not be remembered: {error}"));
        }
    }

    fn drain(&mut self, ctx: &Context) {
        let events = self.engine.as_ref().map(Engine::poll).unwrap_or_default();
        for event in events {
            let commands = self.state.handle(event);
            self.send(commands);
            self.note_opened();
            for effect in self.state.take_effects() {
                self.take_effect(ctx, effect);
            }
        }
    }

    /// A project that opened goes to the front of the list of recent ones.
    fn note_opened(&mut self) {
        if let ProjectState::Open { path, .. } = &self.state.project
            && self.memory.last.as_ref() != Some(path)
        {
            self.memory.opened(&path.clone());
            self.remember();
        }
    }

    /// A run saves a checkpoint before the window goes; that may take a second, so the window says so first.
    fn close_in_order(&mut self, ctx: &Context) {
        if ctx.input(|input| input.viewport().close_requested()) && self.closing == Closing::No && self.state.is_training() {
            ctx.send_viewport_cmd(ViewportCommand::CancelClose);
            self.closing = Closing::Soon(3);
            self.around.closing = true;
        }
        match self.closing {
            Closing::No => {}
            Closing::Soon(0) => {
                self.engine = None;
                self.closing = Closing::Now;
                ctx.send_viewport_cmd(ViewportCommand::Close);
            }
            Closing::Soon(frames) => {
                self.closing = Closing::Soon(frames - 1);
                ctx.request_repaint();
            }
            Closing::Now => ctx.send_viewport_cmd(ViewportCommand::Close),
        }
    }

    fn note_frame(&mut self, frame: &Frame) {
        if let Some(seconds) = frame.info().cpu_usage {
            self.around.frames.push(seconds);
            // The time of a frame is known in the next one: now the first is on the screen.
            self.around.first_frame_s.get_or_insert_with(|| self.began.elapsed().as_secs_f32());
        }
        if self.memory_read.is_none_or(|last| last.elapsed() >= Duration::from_secs(1)) {
            self.memory_read = Some(Instant::now());
            self.around.memory_bytes = machine::memory_in_use();
        }
        if let Some((path, last)) = &mut self.frame_log
            && last.elapsed() >= Duration::from_secs(1)
        {
            *last = Instant::now();
            let frames = &self.around.frames;
            let first_ms = self.around.first_frame_s.unwrap_or(0.0) * 1e3;
            let line = format!("{}\t{:.2}\t{first_ms:.0}\n", frames.count(), frames.percentile_ms(0.99));
            if let Err(error) = frame_log::append(path, &line) {
                self.state.notices.warning(format!("The frame log could not be written: {error}"));
                self.frame_log = None;
            }
        }
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &Context, _frame: &mut Frame) {
        self.drain(ctx);
        if let Some(action) = self.dialogs.poll(ctx) {
            self.act(ctx, action);
        }
        self.close_in_order(ctx);
    }

    fn ui(&mut self, ui: &mut egui::Ui, frame: &mut Frame) {
        let ctx = ui.ctx().clone();
        self.note_frame(frame);
        let mut actions = vec![Action::Tick { now_s: ctx.time() }];
        keys::pressed(&ctx, &self.state, &mut actions);
        let dropped = ctx.input(|input| input.raw.dropped_files.iter().map(|file| file.path().to_path_buf()).collect::<Vec<_>>());
        if !dropped.is_empty() {
            actions.push(Action::Dropped(dropped));
        }
        shell::show(ui, &self.state, &mut self.draft, &self.around, &mut actions);
        // The next row is shown at once, not when the label's way to the disk wakes the window.
        let another_row = actions.iter().any(|action| matches!(action, Action::Label(_)));
        for action in actions {
            self.act(&ctx, action);
        }
        if another_row {
            ctx.request_repaint();
        }
        if self.frame_log.is_some() {
            ctx.request_repaint_after(Duration::from_millis(500));
        }
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        // Joins the workers: a run saves its checkpoint.
        self.engine = None;
    }
}

fn wake(ctx: &Context) -> crate::engine::Wake {
    let ctx = ctx.clone();
    Arc::new(move || ctx.request_repaint_after(WAKE_AFTER))
}

fn show_settings(ctx: &Context, settings: Settings) {
    ctx.set_theme(match settings.theme {
        ThemeChoice::System => ThemePreference::System,
        ThemeChoice::Dark => ThemePreference::Dark,
        ThemeChoice::Light => ThemePreference::Light,
    });
    ctx.set_zoom_factor(settings.zoom_percent as f32 / 100.0);
}

fn renderer_name(cc: &CreationContext<'_>) -> String {
    if let Some(state) = &cc.wgpu_render_state {
        let info = state.adapter.get_info();
        return format!("wgpu, {:?}: {}", info.backend, info.name);
    }
    if cc.gl.is_some() { "glow (OpenGL)".to_owned() } else { "nothing known".to_owned() }
}
