//! The words of the guided task: a model learns to answer customers politely, from clicks and from rules. Steps stand in `state::guided`.

use super::lessons::Step;
use crate::state::guided::{RULES, Task};

pub(super) const POLITE: &[Step] = &[
    Step::Text(
        "A shopkeeper's assistant should answer customers **politely and helpfully**. Nobody can write down what that is as a loss, \
         but everybody knows it when they see it. So a person says which of two answers is better, and the model follows.\n\n\
         This is the third phase of making a language model, after pre-training and fine-tuning. It takes about ten minutes, and every \
         step below takes you to the right page with everything filled in; it is ticked off when the project shows that it was done.\n\n\
         ### 1. Where it begins\n\n\
         The base model has read stories. Asked by a customer, it goes on telling one: press *Generate* there.",
    ),
    Step::Do(Task::AskBase),
    Step::Text(
        "### 2. Fine-tuning\n\n\
         Chats teach it the form: a customer's words are followed by an answer, and then by an end. Press *Start* there; it takes about \
         half a minute. What it still lacks is manners: it is polite where its rows happened to be.",
    ),
    Step::Do(Task::TeachAnswering),
    Step::Text(
        "### 3. Clicks\n\n\
         The model answers each request twice, and you press the key of the better answer. With *Learn from every click*, a few steps \
         of **DPO** follow each vote at once: the answer that you chose becomes likelier than the other one, relative to where the model \
         began. Beside the answers stands what your click did: both answers' log-probability before and after, the **drift** on the pinned \
         prompts, and what they are answered now. Ctrl+Z takes the click *and* its effect on the weights back.",
    ),
    Step::Do(Task::BeginVotes),
    Step::Do(Task::LearnLive),
    Step::Do(Task::Click),
    Step::Text(
        "### 4. A reward\n\n\
         Clicks are dear. What can be said in rules needs none: an answer is worth 2 if it holds a marker of politeness, 1 if it has 5 to 25 \
         words, 1 if it ends properly, 1 if it says nothing twice. The sum is its **reward**.\n\n\
         In rounds, the model answers every request several times, the best answers by that reward are learnt as if a person had \
         written them, and the prompts kept aside show what it brought. Stop the live run first, then press *Start the rounds*.",
    ),
    Step::Here(|_| Some(format!("The rules in words: {RULES}"))),
    Step::Do(Task::Rounds),
    Step::Text(
        "### 5. Against the base model\n\n\
         Both answer the same requests, which neither learnt from, with the same draws. Who is worth more how often is the **win rate**; one half \
         would be chance. Read the answers, too: a reward can be fooled, say by a model that thanks everybody for everything and answers \
         nothing. That is *reward hacking*, and it is why you look at drift, and vote blind now and then.",
    ),
    Step::Do(Task::Duel),
];
