//! The lesson on the inside of a model: probabilities, attention, the logit lens. Only texts and places to go to.

use super::lessons::Step;
use crate::state::look::LookAction;
use crate::state::{Action, Page, PromptAction, icon};

pub(super) const INSIDE: &[Step] = &[
    Step::Text(
        "A written answer hides most of what a model said. At every place it had an opinion on **every** token, and only one of them was \
         drawn. The token view of the Prompt page shows the rest:\n\n\
         - The warmer a token, the more it **surprised** the model. Where a name or a number begins, it often is surprised; in the \
         middle of a word it is not.\n\
         - **Entropy** says how unsure it was *before* the token came. High entropy and low surprise: it guessed, and was lucky.\n\
         - Pin a token to see what could have stood there. Click one of them, and the text goes on from it: one other token, and \
         the story takes another way.",
    ),
    Step::Try {
        label: "Open the token view",
        glyph: icon::EYE,
        action: |_| vec![Action::Go(Page::Prompt), Action::Prompt(PromptAction::Look(LookAction::Watch(true)))],
    },
    Step::Text(
        "### Where it looks\n\n\
         A transformer handles all tokens at once. In every layer, each token gathers from the tokens before it what it needs; \
         **attention** says how much from which. Each layer has several heads, and each looks for something else. Typical finds, even \
         in small models: a head that looks at the token just before, a head that always looks at the first token (when it has \
         nothing to look for), a head that finds where the same word stood before and looks at what followed it.\n\n\
         Attention shows where information flows, not what is done with it: take it for a hint, not for an explanation.\n\n\
         ### What each layer would say\n\n\
         Every layer adds to a running sum. The **logit lens** reads that sum after each layer, as if the model ended there \
         (nostalgebraist 2020). The lowest row knows the last token only; going up, the answer takes shape, often in the last few layers.\n\n\
         ### An experiment\n\n\
         Give the model a prompt with a name in it, *Mia had a red ball. Mia*, and look where the second *Mia* looks. Then do the \
         same with a checkpoint from the first steps of the run: the heads look everywhere and nowhere. They learnt it.",
    ),
    Step::Try { label: "Ask another checkpoint", glyph: icon::CHAT_TEXT, action: |_| vec![Action::Go(Page::Prompt)] },
];
