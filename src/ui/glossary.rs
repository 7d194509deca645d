//! What the words of the trade mean, for those who meet them first here. Only sentences.

pub const DATASET: &str = "Text brought into the project, row by row (a row of plain text is called a document)";
pub const TOKENIZER: &str =
    "Cuts text into tokens: pieces from a fixed list, each with a number. Models read and write these numbers, never letters";
pub const CORPUS: &str = "A dataset cut into tokens and split: most of it to train on, a part kept aside to measure with";
pub const TOKEN: &str = "A piece of text from the tokenizer's list: often a word or a part of one, with the space before it";
pub const VOCABULARY: &str = "All pieces that a tokenizer knows. More pieces make shorter sequences, but a larger model";
pub const TOKENS_PER_WORD: &str = "How many pieces a word is cut into on average. 1 would be a piece a word; bytes need about 5";
pub const SPLIT: &str = "Documents kept aside: the model never trains on them, so the loss on them shows what it really learnt";
pub const SEED: &str = "The number that every random choice starts from. The same seed gives the same split";
pub const LOSS: &str =
    "How surprised the model is by each next token, on average, in nats. 0 would be to know every token beforehand";
pub const UNIFORM: &str = "The loss of somebody who knows nothing: every token of the list equally likely";
pub const UNIGRAM: &str = "The loss of somebody who knows only how often each token occurs";
pub const BIGRAM: &str = "The loss of somebody who knows how often each token follows each other one, and looks no further back";
pub const DUPLICATES: &str =
    "Documents that stood before, to the letter. They are left out of a corpus, so that none is on both sides of the split";
pub const CHECKPOINT: &str = "A model as it was at one step, on disk, with all that is needed to go on training from there";
pub const PERPLEXITY: &str =
    "The loss, as a number of choices: the model is as unsure as if it drew from so many equally likely tokens";
pub const BITS_PER_BYTE: &str =
    "The loss on validation text for each byte of it: models with different tokenizers can be compared by it";
pub const PARAMETERS: &str = "The numbers inside the model that training changes";
pub const DOCUMENT_RULE: &str =
    "Where one document ends and the next begins. A model never learns to go on from one into the next";
pub const SCHEMA: &str = "What the rows are for. It was recognised by the names of the columns";
