"""Records the tiny models of this folder with transformers 5.17 and PyTorch 2.11: settings that the models beside it do not have.

    python3 record.py FOLDER

Each model's folder gets config.json, the weights, and expected.safetensors: input_ids, logits, loss, hidden.K, grad.NAME, greedy.
"""
import os
import sys

import torch
from safetensors.torch import save_file
from transformers import (FalconMambaConfig, FalconMambaForCausalLM, JambaConfig, JambaForCausalLM, Mamba2Config, Mamba2ForCausalLM,
                          MambaConfig, MambaForCausalLM)


def record(name, model_class, config, seed, dtype=None, shard=None):
    torch.manual_seed(seed)
    model = model_class(config).float().eval()
    for parameter_name, parameter in model.named_parameters():
        if "conv1d.bias" in parameter_name or parameter_name.endswith("_proj.bias"):
            parameter.data.normal_(0, 0.1)
        if "norm" in parameter_name:
            parameter.data.add_(torch.randn_like(parameter) * 0.1)
    folder = os.path.join(sys.argv[1], name)
    if dtype is not None:
        model = model.to(dtype)
    model.save_pretrained(folder, **({"max_shard_size": shard} if shard else {}))
    model = model.float()
    ids = torch.randint(0, config.vocab_size, (3, 37), generator=torch.Generator().manual_seed(seed + 1))
    output = model(input_ids=ids, labels=ids, output_hidden_states=True, use_cache=False)
    output.loss.backward()
    values = {"input_ids": ids, "logits": output.logits.detach(), "loss": output.loss.detach().reshape(1)}
    values.update({f"hidden.{k}": hidden.detach() for k, hidden in enumerate(output.hidden_states)})
    values.update({f"grad.{n}": p.grad for n, p in model.named_parameters() if p.grad is not None})
    with torch.no_grad():
        text = ids[:1, :9]
        for _ in range(24):
            text = torch.cat([text, model(input_ids=text, use_cache=False).logits[:, -1].argmax(-1, keepdim=True)], 1)
    values["greedy"] = text
    save_file({key: value.contiguous().clone() for key, value in values.items()}, os.path.join(folder, "expected.safetensors"))


small = dict(vocab_size=97, hidden_size=40, num_hidden_layers=2, state_size=8, initializer_range=0.1)
record("mamba-bias", MambaForCausalLM, MambaConfig(**small, use_bias=True, use_conv_bias=False, tie_word_embeddings=True, time_step_rank=5, conv_kernel=3), 1)
record("mamba-bf16", MambaForCausalLM, MambaConfig(**small, expand=3, layer_norm_epsilon=1e-6), 2, dtype=torch.bfloat16)
record("mamba-sharded", MambaForCausalLM, MambaConfig(**{**small, "num_hidden_layers": 4}), 3, shard="40KB")
record("mamba2-step-limit", Mamba2ForCausalLM,
       Mamba2Config(vocab_size=97, hidden_size=48, num_hidden_layers=2, initializer_range=0.1, head_dim=24, num_heads=4, state_size=20, n_groups=4,
                    chunk_size=256, time_step_limit=(0.01, 0.2), use_bias=True), 5)
record("falcon-untied", FalconMambaForCausalLM, FalconMambaConfig(**small, tie_word_embeddings=False, use_bias=True, mixer_rms_eps=1e-5), 7)
record("jamba-tied", JambaForCausalLM,
       JambaConfig(vocab_size=97, hidden_size=48, intermediate_size=56, num_attention_heads=6, use_mamba_kernels=False, mamba_dt_rank=4, mamba_d_state=8,
                   initializer_range=0.1, num_hidden_layers=5, num_key_value_heads=6, attn_layer_period=3, attn_layer_offset=2, expert_layer_period=2,
                   expert_layer_offset=0, num_experts=3, num_experts_per_tok=1, tie_word_embeddings=True), 8)
