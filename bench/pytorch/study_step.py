#!/usr/bin/env python3
"""One training step of a small Mamba block in plain PyTorch operations on one thread: the peer of `ssm bench study-step`.

Needs PyTorch 1.13 or newer (Debian: apt-get install python3-torch, run with /usr/bin/python3). Nothing in this project depends on it.

    /usr/bin/python3 bench/pytorch/study_step.py

The model is that of the bench case: an embedding of 16 tokens, one Mamba block (arXiv 2312.00752) of 32 channels, 64 inner channels, 8 states, rank of
the step 2, convolution of 4 taps, tied head; batch 64, length 50; Adam with clipping of the norm to 1. It prints milliseconds of a step, wall clock and
processor time, for two forms of the scan: a loop over the steps, and a work-efficient doubling.
"""
import time

import torch
from torch import nn
from torch.nn import functional as F

BATCH, LENGTH, VOCABULARY, WIDTH, INNER, STATES, RANK = 64, 50, 16, 32, 64, 8, 2
WARMUP, STEPS = 10, 60


def scan_loop(a, b):
    h, states = torch.zeros_like(b[:, 0]), []
    for t in range(b.shape[1]):
        h = torch.addcmul(b[:, t], a[:, t], h)
        states.append(h)
    return torch.stack(states, 1)


def scan_doubling(a, b):
    if a.shape[1] == 1:
        return b
    even = a.shape[1] // 2 * 2
    pairs_a = a[:, 1:even:2] * a[:, 0:even:2]
    pairs_b = torch.addcmul(b[:, 1:even:2], a[:, 1:even:2], b[:, 0:even:2])
    odd = scan_doubling(pairs_a, pairs_b)
    before = torch.cat([torch.zeros_like(b[:, :1]), odd], 1)[:, : (a.shape[1] + 1) // 2]
    evens = torch.addcmul(b[:, 0::2], a[:, 0::2], before)
    result = torch.empty_like(b)
    result[:, 0::2] = evens
    result[:, 1::2] = odd
    return result


class Model(nn.Module):
    def __init__(self, scan):
        super().__init__()
        self.scan = scan
        self.embedding = nn.Embedding(VOCABULARY, WIDTH)
        self.norm, self.final = nn.Parameter(torch.ones(WIDTH)), nn.Parameter(torch.ones(WIDTH))
        self.in_proj = nn.Linear(WIDTH, 2 * INNER, bias=False)
        self.conv = nn.Conv1d(INNER, INNER, 4, groups=INNER, padding=3)
        self.x_proj = nn.Linear(INNER, RANK + 2 * STATES, bias=False)
        self.dt_proj = nn.Linear(RANK, INNER)
        self.a_log = nn.Parameter(torch.log(torch.arange(1.0, STATES + 1)).repeat(INNER, 1))
        self.skip = nn.Parameter(torch.ones(INNER))
        self.out_proj = nn.Linear(INNER, WIDTH, bias=False)

    def rms(self, x, weight):
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-5) * weight

    def forward(self, ids):
        x = self.embedding(ids)
        u, z = self.in_proj(self.rms(x, self.norm)).chunk(2, -1)
        u = F.silu(self.conv(u.transpose(1, 2))[..., :LENGTH].transpose(1, 2))
        step, b, c = self.x_proj(u).split([RANK, STATES, STATES], -1)
        step = F.softplus(self.dt_proj(step))
        decay = torch.exp(step.unsqueeze(-1) * -torch.exp(self.a_log))
        h = self.scan(decay, (step * u).unsqueeze(-1) * b.unsqueeze(2))
        y = (h * c.unsqueeze(2)).sum(-1) + self.skip * u
        x = x + self.out_proj(y * F.silu(z))
        return F.linear(self.rms(x, self.final), self.embedding.weight)


def main():
    torch.set_num_threads(1)
    torch.manual_seed(1)
    for name, scan in (("loop", scan_loop), ("doubling", scan_doubling)):
        model = Model(scan)
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
        wall, processor = [], []
        for i in range(WARMUP + STEPS):
            ids, targets = torch.randint(VOCABULARY, (2, BATCH, LENGTH))
            start, start_processor = time.perf_counter(), time.process_time()
            optimizer.zero_grad()
            F.cross_entropy(model(ids).flatten(0, 1), targets.flatten()).backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            if i >= WARMUP:
                wall.append(1e3 * (time.perf_counter() - start))
                processor.append(1e3 * (time.process_time() - start_processor))
        wall.sort()
        processor.sort()
        middle = STEPS // 2
        print(f"{name}: wall clock {wall[middle]:.1f} ms (best {wall[0]:.1f}), processor {processor[middle]:.1f} ms (best {processor[0]:.1f})")


if __name__ == "__main__":
    main()
