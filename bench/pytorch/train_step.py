#!/usr/bin/env python3
"""One training step of a Mamba language model in plain PyTorch operations: the peer of `ssm bench train-step`.

Needs PyTorch 1.13 or newer (Debian: apt-get install python3-torch, run with /usr/bin/python3). Nothing in this project depends on it.

    /usr/bin/python3 bench/pytorch/train_step.py                     # every form of the scan, each in a process of its own
    /usr/bin/python3 bench/pytorch/train_step.py --scan doubling     # one form

The model is that of the bench case: Mamba (arXiv 2312.00752), 4 layers, 256 channels, 512 inner channels, 16 states, rank of the step 16,
convolution of 4 taps, 256 tokens, tied head; batch 8, length 256; AdamW with clipping of the norm to 1. It prints milliseconds per step
(median and best) and the largest resident memory of the process.

Forms of the selective scan h_t = a_t h_{t-1} + b_t, with a = exp(delta A) and b = delta B u of shape (B, L, D, N):

* loop: a step after the other; states are kept for the reverse pass by the tape.
* chunked: the loop over the steps within a chunk runs for all chunks side by side, then a loop over chunks joins them.
* doubling: pairs of steps are joined to one, the half as long scan is solved the same way, and its result completed (a work-efficient
  associative scan).
* rule: the loop in a function with its own gradient rule, which keeps the inputs alone and runs the scan again in the reverse pass.
"""
import argparse
import math
import resource
import subprocess
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

FORMS = ("loop", "chunked", "doubling", "rule")


def scan_loop(a, b):
    h, states = torch.zeros_like(b[:, 0]), []
    for t in range(b.shape[1]):
        h = torch.addcmul(b[:, t], a[:, t], h)
        states.append(h)
    return torch.stack(states, 1)


def scan_chunked(a, b, chunk=16):
    batch, length, channels, states = b.shape
    if length % chunk != 0:
        return scan_loop(a, b)
    a = a.reshape(batch, length // chunk, chunk, channels, states)
    b = b.reshape(batch, length // chunk, chunk, channels, states)
    h, p, local, products = torch.zeros_like(b[:, :, 0]), torch.ones_like(a[:, :, 0]), [], []
    for t in range(chunk):
        h = torch.addcmul(b[:, :, t], a[:, :, t], h)
        p = p * a[:, :, t]
        local.append(h)
        products.append(p)
    local, products = torch.stack(local, 2), torch.stack(products, 2)
    carry, carries = torch.zeros_like(b[:, 0, 0]), []
    for c in range(length // chunk):
        carries.append(carry)
        carry = torch.addcmul(local[:, c, -1], products[:, c, -1], carry)
    return torch.addcmul(local, products, torch.stack(carries, 1).unsqueeze(2)).reshape(batch, length, channels, states)


def scan_doubling(a, b):
    length = b.shape[1]
    if length == 1:
        return b
    if length % 2 == 1:
        head = scan_doubling(a[:, :-1], b[:, :-1])
        return torch.cat([head, torch.addcmul(b[:, -1:], a[:, -1:], head[:, -1:])], 1)
    even_a, odd_a, even_b, odd_b = a[:, 0::2], a[:, 1::2], b[:, 0::2], b[:, 1::2]
    odd = scan_doubling(odd_a * even_a, torch.addcmul(odd_b, odd_a, even_b))
    even = torch.cat([even_b[:, :1], torch.addcmul(even_b[:, 1:], even_a[:, 1:], odd[:, :-1])], 1)
    return torch.stack([even, odd], 2).flatten(1, 2)


class SelectiveScanRule(torch.autograd.Function):
    """y_t = C_t h_t with the states recomputed in the reverse pass."""

    @staticmethod
    def forward(ctx, u, delta, A, B, C):
        ctx.save_for_backward(u, delta, A, B, C)
        h, y = u.new_zeros(u.shape[0], u.shape[2], A.shape[1]), torch.empty_like(u)
        du = delta * u
        for t in range(u.shape[1]):
            h = torch.exp(delta[:, t, :, None] * A).mul_(h).addcmul_(du[:, t, :, None], B[:, t, None, :])
            y[:, t] = torch.bmm(h, C[:, t, :, None]).squeeze(-1)
        return y

    @staticmethod
    def backward(ctx, dy):
        u, delta, A, B, C = ctx.saved_tensors
        length = u.shape[1]
        a = torch.exp(delta.unsqueeze(-1) * A)
        states = torch.empty_like(a)
        h, du_ = torch.zeros_like(a[:, 0]), delta * u
        for t in range(length):
            h = torch.addcmul(du_[:, t, :, None] * B[:, t, None, :], a[:, t], h)
            states[:, t] = h
        dstate, dA = torch.zeros_like(h), torch.zeros_like(A)
        du, ddelta, dB, dC = torch.empty_like(u), torch.empty_like(delta), torch.empty_like(B), torch.empty_like(C)
        for t in reversed(range(length)):
            g = dy[:, t, :, None]
            dC[:, t] = torch.bmm(states[:, t].transpose(1, 2), g).squeeze(-1)
            dstate = torch.addcmul(dstate, g, C[:, t, None, :])
            input_gradient = torch.bmm(dstate, B[:, t, :, None]).squeeze(-1)
            du[:, t] = input_gradient * delta[:, t]
            dB[:, t] = torch.bmm(dstate.transpose(1, 2), du_[:, t, :, None]).squeeze(-1)
            dstate_a = dstate * a[:, t]
            if t > 0:
                dlog = dstate_a * states[:, t - 1]
                ddelta[:, t] = (dlog * A).sum(-1) + input_gradient * u[:, t]
                dA += (dlog * delta[:, t, :, None]).sum(0)
            else:
                ddelta[:, t] = input_gradient * u[:, t]
            dstate = dstate_a
        return du, ddelta, dA, dB, dC


def selective_scan(form, u, delta, A, B, C):
    if form == "rule":
        return SelectiveScanRule.apply(u, delta, A, B, C)
    a = torch.exp(delta.unsqueeze(-1) * A)
    b = (delta * u).unsqueeze(-1) * B.unsqueeze(2)
    h = {"loop": scan_loop, "chunked": scan_chunked, "doubling": scan_doubling}[form](a, b)
    return torch.matmul(h, C.unsqueeze(-1)).squeeze(-1)


class RmsNorm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-5) * self.weight


class Mamba(nn.Module):
    def __init__(self, width, states, form):
        super().__init__()
        inner, self.rank, self.states, self.form = 2 * width, math.ceil(width / 16), states, form
        self.in_proj = nn.Linear(width, 2 * inner, bias=False)
        self.conv = nn.Conv1d(inner, inner, 4, groups=inner, padding=3)
        self.x_proj = nn.Linear(inner, self.rank + 2 * states, bias=False)
        self.dt_proj = nn.Linear(self.rank, inner)
        self.A_log = nn.Parameter(torch.log(torch.arange(1, states + 1).float()).repeat(inner, 1))
        self.D = nn.Parameter(torch.ones(inner))
        self.out_proj = nn.Linear(inner, width, bias=False)
        with torch.no_grad():
            nn.init.uniform_(self.dt_proj.weight, -self.rank ** -0.5, self.rank ** -0.5)
            step = torch.exp(torch.rand(inner) * (math.log(0.1) - math.log(0.001)) + math.log(0.001))
            self.dt_proj.bias.copy_(step + torch.log(-torch.expm1(-step)))

    def forward(self, x):
        length = x.shape[1]
        u, gate = self.in_proj(x).chunk(2, -1)
        u = F.silu(self.conv(u.transpose(1, 2))[..., :length].transpose(1, 2))
        rank, B, C = self.x_proj(u).split([self.rank, self.states, self.states], -1)
        delta = F.softplus(self.dt_proj(rank))
        y = selective_scan(self.form, u, delta, -torch.exp(self.A_log), B, C) + self.D * u
        return self.out_proj(y * F.silu(gate))


class Model(nn.Module):
    def __init__(self, width, layers, states, vocabulary, form):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        nn.init.normal_(self.embedding.weight, std=0.02)
        self.norms = nn.ModuleList(RmsNorm(width) for _ in range(layers))
        self.mixers = nn.ModuleList(Mamba(width, states, form) for _ in range(layers))
        self.final = RmsNorm(width)

    def forward(self, ids):
        x = self.embedding(ids)
        for norm, mixer in zip(self.norms, self.mixers):
            x = x + mixer(norm(x))
        return F.linear(self.final(x), self.embedding.weight)


def check(form):
    """The form's outputs and gradients against the loop, in double."""
    torch.manual_seed(1)
    shapes = [(2, 32, 6), (2, 32, 6), (6, 3), (2, 32, 3), (2, 32, 3)]
    inputs = [torch.randn(shape, dtype=torch.double) for shape in shapes]
    inputs[1], inputs[2] = inputs[1].abs() * 0.1, -inputs[2].abs()
    results = []
    for which in ("loop", form):
        leaves = [x.clone().requires_grad_() for x in inputs]
        y = selective_scan(which, *leaves)
        (y * torch.arange(y.numel(), dtype=torch.double).reshape(y.shape).cos()).sum().backward()
        results.append([y] + [leaf.grad for leaf in leaves])
    return max((p - q).abs().max().item() for p, q in zip(*results))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scan", choices=FORMS)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    for name, value in (("batch", 8), ("length", 256), ("width", 256), ("layers", 4), ("states", 16)):
        parser.add_argument(f"--{name}", type=int, default=value)
    options = parser.parse_args()
    if options.scan is None:
        for form in FORMS:
            subprocess.run([sys.executable, __file__, "--scan", form, *sys.argv[1:]], check=True)
        return

    torch.set_num_threads(options.threads)
    difference = check(options.scan)
    torch.manual_seed(0)
    model = Model(options.width, options.layers, options.states, 256, options.scan)
    decayed = [p for p in model.parameters() if p.dim() == 2 and p.shape[1] != options.states]
    others = [p for p in model.parameters() if all(p is not q for q in decayed)]
    optimizer = torch.optim.AdamW([{"params": decayed, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}], lr=1e-3, betas=(0.9, 0.95))
    times, tokens = [], options.batch * options.length
    for _ in range(options.steps + 1):
        ids = torch.randint(0, 256, (options.batch, options.length + 1))
        start = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(model(ids[:, :-1]).reshape(tokens, 256), ids[:, 1:].reshape(tokens))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        times.append(time.perf_counter() - start)
    times = sorted(times[1:])
    median, best = times[len(times) // 2], times[0]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{options.scan:9} torch {torch.__version__} {options.threads} threads: median {1e3 * median:.0f} ms, best {1e3 * best:.0f} ms per step, "
        f"{tokens / median:.0f} tokens/s, peak RSS {peak:.0f} MiB (against the loop in double: {difference:.0e})"
    )


if __name__ == "__main__":
    main()
