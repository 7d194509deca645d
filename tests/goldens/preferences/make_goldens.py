"""Makes losses.json and rl.json: losses on preferences and rewards, with slopes by JAX's automatic differentiation in float64.

    pip install jax && python make_goldens.py

Every formula is written here from its paper, apart from the program's. Each case: name, params, wrt (which inputs the slopes are by),
per_example, loss (the mean of per_example), grads (of that mean, in the order of wrt) and, of pairs, rewards.
"""

import json
import math
from itertools import permutations
from pathlib import Path

import jax
import jax.numpy as np
from jax.nn import log_sigmoid as ls
from jax.nn import sigmoid as sg

jax.config.update("jax_enable_x64", True)
rng = iter(jax.random.split(jax.random.PRNGKey(7), 100))
HERE = Path(__file__).parent
N = 5


def normal(*shape, scale=1.0):
    return scale * jax.random.normal(next(rng), shape, dtype=np.float64)


def plain(x):
    """Numbers and lists of what jax gives."""
    if isinstance(x, dict):
        return {k: plain(v) for k, v in x.items()}
    if isinstance(x, (list, tuple)):
        return [plain(v) for v in x]
    return x.tolist() if hasattr(x, "tolist") else x


def case(name, params, f, **wrt):
    """f gives the loss of each example."""
    names, values = list(wrt), list(wrt.values())
    grads = jax.grad(lambda *xs: f(*xs).mean(), argnums=tuple(range(len(values))))(*values)
    per = f(*values)
    return dict(name=name, params=params, wrt=names, per_example=per, loss=per.mean(), grads=list(grads))


def losses():
    nc, nr = np.array([3.0, 8, 1, 12, 5]), np.array([2.0, 8, 4, 9, 7])
    rc, rr = -1.7 * nc - np.abs(normal(N, scale=3)), -1.9 * nr - np.abs(normal(N, scale=3))
    pc, pr = np.minimum(rc + normal(N, scale=2), -0.3), np.minimum(rr + normal(N, scale=2), -0.3)
    inputs = dict(policy_chosen_logps=pc, policy_rejected_logps=pr, ref_chosen_logps=rc, ref_rejected_logps=rr,
                  chosen_num_tokens=nc, rejected_num_tokens=nr)

    def dpo(name, f, beta, eps=0.0):
        made = case(name, dict(beta=beta, label_smoothing=eps), lambda c, r: f(c - rc, r - rr, beta, eps),
                    policy_chosen_logps=pc, policy_rejected_logps=pr)
        return made | dict(chosen_rewards=beta * (pc - rc), rejected_rewards=beta * (pr - rr))

    smooth = lambda w, l, b, e: -(1 - e) * ls(b * (w - l)) - e * ls(-b * (w - l))
    cases = [
        dpo("dpo_sigmoid", smooth, 0.1), dpo("dpo_sigmoid", smooth, 0.4, 0.2),
        dpo("dpo_robust", lambda w, l, b, e: (-(1 - e) * ls(b * (w - l)) + e * ls(-b * (w - l))) / (1 - 2 * e), 0.3, 0.15),
        dpo("dpo_hinge", lambda w, l, b, e: np.maximum(0, 1 - b * (w - l)), 0.6),
        dpo("dpo_ipo_sum", lambda w, l, b, e: (w - l - 1 / (2 * b)) ** 2, 0.2),
        dpo("dpo_ipo_avg", lambda w, l, b, e: (w / nc - l / nr - 1 / (2 * b)) ** 2, 0.2),
        dpo("dpo_apo_zero", lambda w, l, b, e: 1 - sg(b * w) + sg(b * l), 0.3),
        dpo("dpo_apo_down", lambda w, l, b, e: sg(b * w) + 1 - sg(b * (w - l)), 0.3),
        dpo("dpo_sigmoid_norm", lambda w, l, b, e: -ls(b * (w / nc - l / nr)), 1.5),
        dpo("dpo_reference_free", lambda w, l, b, e: -ls(b * (w + rc - l - rr)), 0.1),
        dpo("dpo_sppo_hard", lambda w, l, b, e: (w - 1 / (2 * b)) ** 2 + (l + 1 / (2 * b)) ** 2, 0.25),
    ]
    for beta, dw, uw, shift in [(0.1, 1.0, 1.0, 1.0), (0.5, 1.0, 1.33, 1.0), (0.3, 0.7, 1.0, -9.0)]:
        kp = rc + normal(N) + shift
        kl = max(0.0, float((kp - rc).mean()))
        f = lambda c, r: np.concatenate([dw * (1 - sg(beta * (c - rc - kl))), uw * (1 - sg(beta * (kl - (r - rr))))])
        made = case("kto", dict(beta=beta, desirable_weight=dw, undesirable_weight=uw), f,
                    policy_chosen_logps=pc, policy_rejected_logps=pr)
        cases.append(made | dict(kl=kl, kl_inputs=dict(kl_policy_logps=kp, kl_ref_logps=rc)))
    ac, ar = pc / nc, pr / nr
    odds = lambda a: a - np.log1p(-np.exp(a))
    avg = dict(avg_chosen=ac, avg_rejected=ar)
    cases.append(case("orpo", dict(lambda_=0.2) | avg, lambda c, r: -c - 0.2 * ls(odds(c) - odds(r)), **avg))
    cases.append(case("simpo", dict(beta=2.0, gamma=0.8) | avg, lambda c, r: -ls(2.0 * (c - r) - 0.8), **avg))
    sums = dict(policy_chosen_logps=pc, policy_rejected_logps=pr)
    cases.append(case("cpo_sigmoid_no_nll", dict(beta=0.2), lambda c, r: -ls(0.2 * (c - r)), **sums))
    cases.append(case("cpo_with_nll", dict(beta=0.2, alpha=0.7), lambda c, r: -ls(0.2 * (c - r)) - 0.7 * c / nc, **sums))
    sc, sr = normal(N), normal(N)
    scores = dict(scores_chosen=sc, scores_rejected=sr)
    for margin, centre in [(None, 0.0), (np.abs(normal(N)), 0.0), (None, 0.05), (np.abs(normal(N)), 0.02)]:
        m = 0.0 if margin is None else margin
        f = lambda c, r: -ls(c - r - m) + centre * (c + r) ** 2
        cases.append(case("reward_bradley_terry", dict(margin=margin, center_rewards_coefficient=centre) | scores, f, **scores))
    for theta in [1.5, 2.0]:
        # From the probabilities themselves (Rao and Kupper 1967): P(tie) = 1 − P(a first) − P(b first).
        f = lambda a, b: -np.log(1 - np.exp(a) / (np.exp(a) + theta * np.exp(b)) - np.exp(b) / (np.exp(b) + theta * np.exp(a)))
        cases.append(case("reward_tie_rao_kupper", dict(theta=theta) | scores, f, **scores))
    return dict(note="float64", inputs=inputs, cases=cases, rankings=rankings())


def rankings():
    """Without ties Plackett-Luce from the product of choices; with ties, each member of a tie is chosen from all then left."""
    made = []
    for ranks in [[1, 2, 3, 4], [3, 1, 2], [1, 1], [2, 1, 2, 3, 1], [1, 1, 1]]:
        rewards = normal(len(ranks), scale=1.5)

        def likelihood(r):
            left, p = list(range(len(ranks))), 1.0
            for rank in sorted(set(ranks)):
                tied = [i for i in left if ranks[i] == rank]
                for i in tied:
                    p = p * np.exp(r[i]) / sum(np.exp(r[j]) for j in left)
                left = [i for i in left if i not in tied]
            return -np.log(p)

        made.append(dict(ranks=ranks, rewards=rewards, loss=likelihood(rewards), grad=jax.grad(likelihood)(rewards)))
    # The probabilities of all orders sum to 1.
    r = normal(3)
    orders = [np.exp(r[a] + r[b]) / sum(np.exp(r)) / (np.exp(r[b]) + np.exp(r[c])) for a, b, c in permutations(range(3))]
    assert math.isclose(sum(orders), 1.0, rel_tol=1e-12)
    return made


def rl():
    B, T = 4, 6
    lengths = [6, 3, 1, 5]
    mask = np.array([[float(t < n) for t in range(T)] for n in lengths])
    old, ref, new = (-np.abs(normal(B, T, scale=1.5)) - 0.05 for _ in range(3))
    new = old + 0.35 * (new - old)
    values, shift = normal(B, T) * mask, normal(B, T, scale=0.3)
    new_values = values + shift * mask
    scores = normal(B)
    p = dict(kl_coef=0.08, gamma=0.97, lam=0.9, cliprange=0.2, cliprange_value=0.25, vf_coef=0.3)
    rewards = -p["kl_coef"] * (old - ref) * mask
    for b, n in enumerate(lengths):
        rewards = rewards.at[b, n - 1].add(scores[b])

    def gae(gamma, lam):
        """As sums over the deltas ahead, not by recursion."""
        nxt = np.concatenate([values[:, 1:], np.zeros((B, 1))], axis=1)
        delta = (rewards + gamma * nxt - values) * mask
        return np.stack([sum((gamma * lam) ** (k - t) * delta[:, k] for k in range(t, T)) for t in range(T)], axis=1) * mask

    n = mask.sum()
    mean = lambda x: (x * mask).sum() / n
    raw = gae(p["gamma"], p["lam"])
    returns = (raw + values) * mask
    mu = mean(raw)
    var = ((raw - mu) ** 2 * mask).sum() / (n - 1)
    adv = (raw - mu) / np.sqrt(var + 1e-8) * mask

    def policy(lp):
        rho = np.exp(lp - old)
        a, b = -adv * rho, -adv * np.clip(rho, 1 - p["cliprange"], 1 + p["cliprange"])
        return np.maximum(a, b), b > a

    def value(v):
        held = np.clip(v, values - p["cliprange_value"], values + p["cliprange_value"])
        a, b = (v - returns) ** 2, (held - returns) ** 2
        return 0.5 * np.maximum(a, b), b > a

    total = lambda lp, v: mean(policy(lp)[0]) + p["vf_coef"] * mean(value(v)[0])
    d_lp, d_v = jax.grad(total, argnums=(0, 1))(new, new_values)
    group = normal(B)
    g_adv = np.concatenate([(g - g.mean()) / (g.std(ddof=1) + 1e-4) for g in (group[:2], group[2:])])
    plain_adv = np.concatenate([g - g.mean() for g in (group[:2], group[2:])])
    beta, eps = 0.06, 0.2

    def grpo(lp):
        rho, a = np.exp(lp - old), g_adv[:, None]
        k3 = np.exp(ref - lp) - (ref - lp) - 1
        return -np.minimum(rho * a, np.clip(rho, 1 - eps, 1 + eps) * a) + beta * k3

    by_seq = lambda lp: ((grpo(lp) * mask).sum(1) / mask.sum(1)).mean()
    out = dict(
        note="float64; right-padded, mask 1 on response tokens", params=p, rewards=rewards, advantages_raw=raw, returns=returns,
        inputs=dict(mask=mask, lengths=lengths, old_logprobs=old, ref_logprobs=ref, new_logprobs=new, values=values,
                    new_values=new_values, scores=scores),
        advantages_whitened=adv, whiten_mean=mu, whiten_var_unbiased=var, pg_loss=mean(policy(new)[0]), vf_loss=mean(value(new_values)[0]),
        loss=total(new, new_values), pg_clipfrac=mean(policy(new)[1]), vf_clipfrac=mean(value(new_values)[1]),
        approx_kl_half_sq=0.5 * mean((new - old) ** 2), kl_k1_mean_per_seq=((old - ref) * mask).sum(1).mean(),
        kl_k3_ref=mean(np.exp(ref - new) - 1 - (ref - new)), mean_ratio=mean(np.exp(new - old)),
        gae_gamma099_lam09=gae(0.99, 0.9), grad_new_logprobs=d_lp, grad_new_values=d_v,
        grpo=dict(rewards=group, group_size=2, beta=beta, eps=eps, advantages=g_adv, advantages_unscaled=plain_adv,
                  loss_token_mean=mean(grpo(new)), loss_seq_mean=by_seq(new),
                  grad_token_mean=jax.grad(lambda lp: mean(grpo(lp)))(new), grad_seq_mean=jax.grad(by_seq)(new)),
        rloo=dict(rewards=group, advantages=[r - (group.sum() - r) / (B - 1) for r in group]),
    )
    coef, after = 0.15, []
    for kl in [9.0, 1.0, 6.5]:
        coef *= 1 + min(max(kl / 5.0 - 1, -0.2), 0.2) * 64 / 2000
        after.append(coef)
    out["adaptive_kl"] = dict(init=0.15, target=5.0, horizon=2000, n_steps=64, observed_kl=[9.0, 1.0, 6.5], coef_after=after)
    return out


for name, made in [("losses", losses()), ("rl", rl())]:
    (HERE / f"{name}.json").write_text(json.dumps(plain(made)) + "\n")
