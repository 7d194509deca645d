"""Makes the numbers in heads/: tiny random classifiers, answer finders and reward models, run by Hugging Face `transformers` in float64.

    pip install torch transformers safetensors && python make_heads.py [NAME ...]

Each folder is a Hugging Face checkpoint (config.json, model.safetensors) with golden.safetensors beside it: input_ids, attention_mask,
labels (or start_positions and end_positions; a reward has none), logits (of answers: starts and ends side by side), loss, and the
gradient of every parameter as grad.NAME. The loss is the class's own; a reward model's rates the first text above the second.
"""

import os
import sys
from pathlib import Path

import torch
import transformers as hf
from safetensors.torch import save_file

V, D, F, T = 48, 16, 24, 14
LLAMA = dict(vocab_size=V, hidden_size=D, intermediate_size=F, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
             max_position_embeddings=T, bos_token_id=1, eos_token_id=2, pad_token_id=0)
CONFIGS = {
    "bert": lambda **o: hf.BertConfig(vocab_size=V, hidden_size=D, intermediate_size=F, num_hidden_layers=2, num_attention_heads=4,
                                      max_position_embeddings=T, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, **o),
    "llama": lambda **o: hf.LlamaConfig(**LLAMA, **o),
    "qwen2": lambda **o: hf.Qwen2Config(**LLAMA, tie_word_embeddings=True, **o),
    "gpt2": lambda **o: hf.GPT2Config(vocab_size=V, n_embd=D, n_layer=2, n_head=4, n_inner=F, n_positions=T, resid_pdrop=0.0,
                                      embd_pdrop=0.0, attn_pdrop=0.0, summary_first_dropout=0.0, bos_token_id=1, eos_token_id=2,
                                      pad_token_id=0, **o),
}
CLASSES = {"bert": "Bert", "llama": "Llama", "qwen2": "Qwen2", "gpt2": "GPT2"}
NAMES = dict(id2label={0: "calm", 1: "glad", 2: "sad"}, label2id={"calm": 0, "glad": 1, "sad": 2})
HEADS = {
    "sequence": ("ForSequenceClassification", dict(**NAMES, problem_type="single_label_classification")),
    "several": ("ForSequenceClassification", dict(**NAMES, problem_type="multi_label_classification")),
    "reward": ("ForSequenceClassification", dict(num_labels=1)),
    "token": ("ForTokenClassification", dict(num_labels=5)),
    "span": ("ForQuestionAnswering", {}),
}
MODELS = [f"{arch}_{head}" for arch in CONFIGS for head in HEADS if head not in ("several", "reward") or arch in ("bert", "llama")]


def batch(head):
    ids, mask = torch.randint(5, V, (3, T)), torch.ones(3, T, dtype=torch.int64)
    ids[1, 9:], mask[1, 9:] = 0, 0
    rows = dict(input_ids=ids, attention_mask=mask)
    if head == "sequence":
        rows["labels"] = torch.tensor([2, 0, 1])
    elif head == "several":
        rows["labels"] = torch.tensor([[1.0, 0, 1], [0, 0, 0], [0, 1, 0]], dtype=torch.float64)
    elif head == "token":
        rows["labels"] = torch.randint(0, 5, (3, T))
        rows["labels"][:, 0], rows["labels"][mask == 0] = -100, -100
    elif head == "span":
        # The whole first text is a length that no row exceeds, so that no padding takes part: rows are cut to what is read.
        rows = dict(input_ids=ids[::2], attention_mask=mask[::2])
        rows.update(start_positions=torch.tensor([3, 0]), end_positions=torch.tensor([6, 0]))
    return rows


def make(name):
    arch, head = name.split("_")
    torch.manual_seed(sum(name.encode()))
    suffix, options = HEADS[head]
    model = getattr(hf, CLASSES[arch] + suffix)(CONFIGS[arch](**options)).eval()
    with torch.no_grad():  # Larger than usual weights: every path must matter.
        for p in model.parameters():
            p.copy_(p + torch.randn_like(p) * 0.15)
    model.save_pretrained(name)
    model.double()
    rows = batch(head)
    out = model(**rows)
    if head == "reward":
        logits = out.logits
        loss = -torch.nn.functional.logsigmoid(logits[0, 0] - logits[1, 0])
    else:
        logits = torch.stack([out.start_logits, out.end_logits], -1) if head == "span" else out.logits
        loss = out.loss
    loss.backward()
    golden = {**rows, "logits": logits, "loss": loss.reshape(1)}
    golden.update({f"grad.{k}": p.grad.float() for k, p in model.named_parameters() if p.grad is not None})
    save_file({k: v.detach().contiguous() for k, v in golden.items()}, f"{name}/golden.safetensors")


if __name__ == "__main__":
    Path(__file__).with_name("heads").mkdir(exist_ok=True)
    os.chdir(Path(__file__).with_name("heads"))
    for name in sys.argv[1:] or MODELS:
        make(name)
