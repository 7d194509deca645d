"""Makes the numbers in models/: tiny random transformers run by Hugging Face `transformers` in float64.

    pip install torch transformers safetensors && python make_goldens.py [NAME ...]

Each folder is a Hugging Face checkpoint (config.json, model.safetensors) with golden.json beside it: inputs, loss, and for every
parameter a summary of its gradient and of its value after three AdamW steps; logits.safetensors holds the logits. A summary is the
norm, two products with fixed pseudo-random vectors (they see every element) and sixteen elements.
"""

import json
import os
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import (
    BertConfig, BertForMaskedLM, GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM,
)

MULTIPLIERS = (2654435761, 2246822519)
LLAMA = dict(vocab_size=320, hidden_size=64, intermediate_size=160, num_hidden_layers=2, num_attention_heads=4,
             num_key_value_heads=2, max_position_embeddings=64, rms_norm_eps=1e-6, bos_token_id=1, eos_token_id=2, pad_token_id=0)
STRETCHED = dict(rope_type="llama3", rope_theta=500000.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
                 original_max_position_embeddings=32)
MODELS = {
    "llama_tied": lambda: LlamaForCausalLM(LlamaConfig(**LLAMA, tie_word_embeddings=True)),
    "llama3_rope": lambda: LlamaForCausalLM(LlamaConfig(**LLAMA, tie_word_embeddings=False, rope_parameters=STRETCHED)),
    "qwen2": lambda: Qwen2ForCausalLM(Qwen2Config(**LLAMA, tie_word_embeddings=False)),
    "gpt2": lambda: GPT2LMHeadModel(GPT2Config(vocab_size=320, n_embd=64, n_layer=2, n_head=4, n_positions=64, resid_pdrop=0.0,
                                               embd_pdrop=0.0, attn_pdrop=0.0, bos_token_id=1, eos_token_id=2)),
    "bert_mlm": lambda: BertForMaskedLM(BertConfig(vocab_size=320, hidden_size=64, num_hidden_layers=2, num_attention_heads=4,
                                                   intermediate_size=128, max_position_embeddings=64, hidden_dropout_prob=0.0,
                                                   attention_probs_dropout_prob=0.0)),
}


def summary(tensor):
    x = tensor.detach().double().flatten()
    i = torch.arange(len(x), dtype=torch.int64)
    dots = [float((x * (((i * m) % 2**32).double() / 2**31 - 1)).sum()) for m in MULTIPLIERS]
    sample = [float(x[j * (len(x) - 1) // 15]) for j in range(16)]
    return {"norm": float(x.norm()), "dots": dots, "sample": sample}


def inputs(name):
    ids = torch.randint(5, 320, (2, 16))
    mask = torch.ones_like(ids)
    labels = ids.clone()
    if name == "bert_mlm":
        mask[1, 12:], ids[1, 12:] = 0, 0
        chosen = torch.zeros_like(ids, dtype=torch.bool)
        chosen[0, [2, 7, 13]] = chosen[1, [1, 9]] = True
        labels[~chosen] = -100
        ids[chosen] = 4
    else:
        labels[0, :4] = -100
    return dict(input_ids=ids, attention_mask=mask, labels=labels)


def adamw(model, batch, clip, decay_vectors):
    params = list(model.parameters())
    groups = [dict(params=[p for p in params if decay_vectors or p.ndim >= 2], weight_decay=0.1),
              dict(params=[p for p in params if not decay_vectors and p.ndim < 2], weight_decay=0.0)]
    optimiser = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.95), eps=1e-8)
    losses, norms = [], []
    for _ in range(3):
        optimiser.zero_grad()
        loss = model(**batch).loss
        loss.backward()
        losses.append(float(loss))
        norms.append(float(torch.nn.utils.clip_grad_norm_(params, clip or 1e30)))
        optimiser.step()
    losses.append(float(model(**batch).loss))
    return {"losses": losses, "grad_norms": norms}


def make(name):
    torch.manual_seed(sum(name.encode()))
    model = MODELS[name]().eval()
    with torch.no_grad():  # Larger than usual weights: every path must matter.
        for p in model.parameters():
            p.copy_(p + torch.randn_like(p) * 0.1)
    batch = inputs(name)
    model.save_pretrained(name)
    start = {k: v.clone() for k, v in model.state_dict().items()}
    model.double()
    out = model(**batch)
    out.loss.backward()
    golden = {k: v.tolist() for k, v in batch.items()}
    golden["loss"] = float(out.loss)
    golden["grads"] = {k: summary(p.grad) for k, p in model.named_parameters()}
    if name != "bert_mlm":
        prompt = batch["input_ids"][:1, :5]
        ids = prompt
        for _ in range(20):
            ids = torch.cat([ids, model(ids).logits[:, -1:].argmax(-1)], 1)
        golden["greedy"] = {"prompt": prompt[0].tolist(), "new_tokens": ids[0, 5:].tolist()}
    for key, clip, decay_vectors in (("adamw_nodecay1d_clip1", 1.0, False), ("adamw", None, True)):
        model.load_state_dict(start)
        golden[key] = adamw(model, batch, clip, decay_vectors)
    golden["after3"] = {k: summary(p) for k, p in model.named_parameters()}
    save_file({"logits": out.logits.detach().float().contiguous()}, f"{name}/logits.safetensors")
    Path(name, "golden.json").write_text(json.dumps(golden))


if __name__ == "__main__":
    Path(__file__).with_name("models").mkdir(exist_ok=True)
    os.chdir(Path(__file__).with_name("models"))
    for name in sys.argv[1:] or MODELS:
        make(name)
