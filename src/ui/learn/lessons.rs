//! The lessons themselves: texts, places to go to, and what the open project shows right now.

use crate::state::data::{DataView, DatasetTab};
use crate::state::guided::Task;
use crate::state::learn::Lesson;
use crate::state::prompt_view::PromptView;
use crate::state::{Action, AppState, DataAction, Page, PromptAction, format, icon};

/// A part of a lesson.
pub(super) enum Step {
    Text(&'static str),
    /// A button into the program.
    Try {
        label: &'static str,
        glyph: &'static str,
        action: fn(&AppState) -> Vec<Action>,
    },
    /// A sentence about the project that is open; None where there is nothing to say yet.
    Here(fn(&AppState) -> Option<String>),
    /// A step of a guided task: ticked off when it is done.
    Do(Task),
}

pub(super) fn steps(lesson: Lesson) -> &'static [Step] {
    match lesson {
        Lesson::LanguageModel => LANGUAGE_MODEL,
        Lesson::Tokens => TOKENS,
        Lesson::Loss => LOSS,
        Lesson::Sampling => SAMPLING,
        Lesson::Inside => super::inside::INSIDE,
        Lesson::Prompting => PROMPTING,
        Lesson::Polite => super::guided::POLITE,
    }
}

fn go(page: Page) -> Vec<Action> {
    vec![Action::Go(page)]
}

/// A view of the Prompt page.
fn prompt_view(view: PromptView) -> Vec<Action> {
    vec![Action::Go(Page::Prompt), Action::Prompt(PromptAction::Show(view))]
}

/// The newest dataset, at one of its tabs.
fn dataset_tab(state: &AppState, tab: DatasetTab) -> Vec<Action> {
    let mut actions = go(Page::Data);
    if let Some(dataset) = state.library.datasets.iter().rev().find(|dataset| !dataset.deleted) {
        actions.push(Action::Data(DataAction::View(DataView::Dataset(dataset.id))));
        actions.push(Action::Data(DataAction::Tab(tab)));
    }
    actions
}

const LANGUAGE_MODEL: &[Step] = &[
    Step::Text(
        "A language model is a guesser. Given the beginning of a text, it says for every piece of text it knows \
         **how likely that piece comes next**. Nothing more: no grammar book, no list of facts. Whatever it seems to know, it \
         learnt because knowing it made the next guess better.\n\n\
         Training is this, many thousand times over:\n\n\
         1. Take a stretch of real text.\n\
         2. At each place, let the model guess what comes next.\n\
         3. Look at how likely it held what really came, and turn each of its numbers a tiny bit so that it would have held it likelier.\n\n\
         That is all. In this program you can watch it happen: at first the model writes noise, then letters in the right \
         proportions, then words, then sentences.",
    ),
    Step::Here(|state| {
        let live = state.live.as_ref().filter(|live| live.is_held())?;
        let step = format::count(live.step);
        Some(format!(
            "A model is learning in this project right now: it is at step {step}, with {} numbers to turn.",
            format::count(live.info.n_params)
        ))
    }),
    Step::Try { label: "Watch a model learn", glyph: icon::BRAIN, action: |_| go(Page::Pretrain) },
    Step::Text(
        "### What to look for\n\n\
         - The **samples** panel shows what the model writes at different steps. Drag back to the beginning and forward again.\n\
         - The **batch** panel shows the very text that it saw in a step, each piece tinted by how much it surprised the model.\n\
         - You can ask the model something **while it learns**; it answers with the numbers it has at that moment.",
    ),
    Step::Try { label: "Ask a model something", glyph: icon::CHAT_TEXT, action: |_| go(Page::Prompt) },
];

const TOKENS: &[Step] = &[
    Step::Text(
        "A model computes with numbers, so text has to become numbers first. A **tokenizer** cuts it into pieces from a fixed \
         list, its **vocabulary**, and each piece has a number. The model reads and writes these numbers only: it never sees a letter.\n\n\
         How large should the list be?\n\n\
         - **Very small** (single bytes): every text can be written, but a sentence becomes a long row, and the model must learn \
         spelling before it can learn anything else.\n\
         - **Very large** (whole words): rows are short, but most pieces are rare, and the model sees each too seldom to learn what it means.\n\n\
         In between stand pieces like ` the`, ` walk` and `ing`. Byte-pair encoding finds them by itself: it starts from bytes and, \
         again and again, joins the two neighbours that occur together most often.",
    ),
    Step::Here(|state| {
        let tokenizer = state.library.tokenizers.last()?;
        let size = format::count(tokenizer.vocab_size as u64);
        Some(format!("In this project, “{}” knows {size} pieces.", tokenizer.name))
    }),
    Step::Try {
        label: "Move the vocabulary slider",
        glyph: icon::SCISSORS,
        action: |state| dataset_tab(state, DatasetTab::Tokenizer),
    },
    Step::Text(
        "Watch **tokens a word** fall as the vocabulary grows, and watch which words become one piece first. Then type a word that \
         does not exist: it is still cut into pieces, because the smallest ones are always there.",
    ),
    Step::Try { label: "See how your text is cut", glyph: icon::TEXT_AA, action: |state| dataset_tab(state, DatasetTab::Tokens) },
];

const LOSS: &[Step] = &[
    Step::Text(
        "The **loss** says how surprised the model is by the text, on average for each token. If the model held the token that \
         really came for likely with probability *p*, its surprise is −ln *p*, counted in *nats*:\n\n\
         - *p* = 1 (it was sure, and right): 0 nats\n\
         - *p* = ½: 0.69 nats\n\
         - *p* = 1⁄1000: 6.9 nats\n\n\
         A number alone says little. Is 3.2 good? That depends on how hard the text is to guess, so the plots here draw three simple \
         guessers as level lines:\n\n\
         - **uniform** knows nothing at all: every token equally likely\n\
         - **unigram** knows how often each token occurs\n\
         - **bigram** knows which token follows which, and looks no further back\n\n\
         A model that has just been made starts at the uniform line. Within seconds it falls to the unigram line: it has learnt which \
         pieces are common. To get **below the bigram line** it must use more than the last token, and from there on it learns \
         what we would call language.",
    ),
    Step::Here(|state| {
        let corpus = state.library.corpora.last()?;
        let b = corpus.baselines;
        let (u, g, s) = (format::loss(b.uniform), format::loss(b.unigram), format::loss(b.bigram));
        Some(format!("For the newest corpus of this project: uniform {u}, unigram {g}, bigram {s} nats."))
    }),
    Step::Try { label: "Look at the curves", glyph: icon::CHART_LINE, action: |_| go(Page::Pretrain) },
    Step::Text(
        "### Two losses\n\n\
         The **training loss** is measured on the text the model learns from, the **validation loss** on text that was kept aside. \
         While both fall, the model learns something general. When training falls and validation rises, it learns the \
         training text by heart: it *overfits*. More text, a smaller model or fewer steps help.\n\n\
         **Perplexity** is the same thing as a number of choices: e to the power of the loss. Perplexity 20 means: as unsure as if \
         it drew from 20 equally likely tokens.",
    ),
    Step::Try { label: "Compare runs", glyph: icon::TREE_STRUCTURE, action: |_| go(Page::Runs) },
];

const SAMPLING: &[Step] = &[
    Step::Text(
        "A model gives every token a probability. To write, one of them has to be **drawn**, put at the end of the text, and the \
         model asked again. How one draws changes what comes out as much as the model does.\n\n\
         - **Temperature** sharpens or flattens the probabilities. 0 always takes the likeliest token: correct, but it soon repeats \
         itself. 1 draws as the model believes. Above 1 the unlikely gets its chance, and with it nonsense.\n\
         - **Top-k** draws among the k likeliest only.\n\
         - **Top-p** draws among the fewest tokens that together hold the probability p: few where the model is sure, many where it is not.\n\
         - **Min-p** leaves out what is less likely than this share of the likeliest.\n\
         - **Repetition penalty** makes tokens that were used before less likely.\n\
         - **Seed** fixes the dice: the same seed and settings give the same text.",
    ),
    Step::Try { label: "Try it on the Prompt page", glyph: icon::CHAT_TEXT, action: |_| go(Page::Prompt) },
    Step::Text(
        "### An experiment\n\n\
         Take one prompt and let it be completed at temperature 0, then 0.7, then 1.5. Then set temperature to 1.5 and top-p to 0.5: \
         the cut keeps the text sensible where temperature alone would not.",
    ),
];

const PROMPTING: &[Step] = &[
    Step::Text(
        "A model that only goes on with texts can be put to many uses, for a text can be written so that **what comes next is the \
         answer**. The library on the Prompt page has one for each:\n\n\
         - **Text completion**: a beginning, and the model goes on.\n\
         - **Dialogue**: two speakers with a colon behind their names; the model takes one of them.\n\
         - **Question answering**, **summarisation**, **translation**, **classification**, **recommendation**: some examples that \
         show what is wanted, then a case without its answer.\n\
         - **Chatbot and assistant**: turns, marked by a chat template. A model must have been tuned on such turns to know when its \
         own is over.",
    ),
    Step::Try { label: "Open the library", glyph: icon::BOOK_OPEN, action: |_| prompt_view(PromptView::Library) },
    Step::Text(
        "### Examples in the prompt\n\n\
         Nothing in the model changes while it reads examples: what it does with them it must have learnt before (*in-context \
         learning*, Brown et al. 2020). Which examples stand there, and in which order, can matter as much as the model. Try the same \
         row with random, balanced and nearest examples, and move one of them.",
    ),
    Step::Here(|state| {
        let rows = state.library.datasets.iter().filter(|row| !row.deleted && row.schema.is_supervised()).count();
        (rows > 0)
            .then(|| format!("This project has {} to take examples from.", format::plural(rows as u64, "dataset", "datasets")))
    }),
    Step::Try { label: "Compose a prompt from examples", glyph: icon::STACK, action: |_| prompt_view(PromptView::FewShot) },
    Step::Text(
        "### Through the stages\n\n\
         Ask the same thing of random weights, of the pre-trained model, of one that was fine-tuned and of one that learnt from \
         preferences, with the same seed. A model without training answers with noise; the pre-trained one goes on with your question \
         as with a story; the tuned one answers. That is what each stage is for.",
    ),
    Step::Try { label: "One prompt through all stages", glyph: icon::ROWS, action: |_| prompt_view(PromptView::Stages) },
    Step::Try { label: "Talk with a model", glyph: icon::CHAT_TEXT, action: |_| prompt_view(PromptView::Chat) },
];
