// Writes a GGUF of a Mamba with random weights, for timing llama.cpp: its speed does not depend on their values.
// Usage: node write-gguf.mjs FILE [f32|f16|q8_0] [LAYERS]. Format: GGUF version 3, little-endian, data aligned to 32 bytes.
import { closeSync, openSync, writeSync } from "node:fs";

const [file, type = "f32", layers = "24"] = process.argv.slice(2);
const types = { f32: 0, f16: 1, q8_0: 8 };
if (!file || !(type in types)) {
  console.error("usage: node write-gguf.mjs FILE [f32|f16|q8_0] [LAYERS]");
  process.exit(2);
}

const shape = { width: 768, inner: 1536, states: 16, rank: 48, taps: 4, vocabulary: 50280, layers: Number(layers) };
const alignment = 32;

// xorshift32: quick, and the same file every time.
let bits = 2463534242;
const next = () => {
  bits ^= bits << 13;
  bits ^= bits >>> 17;
  bits ^= bits << 5;
  return (bits >>> 0) / 4294967296 - 0.5;
};

// Dimensions are listed from the fastest: (inputs, outputs).
const tensors = [];
const add = (name, dimensions, kind, value) => tensors.push({ name, dimensions, kind, value });
const matrix = (name, inputs, outputs) => add(name, [inputs, outputs], type, () => next() / Math.sqrt(inputs));
const vector = (name, dimensions, value) => add(name, dimensions, "f32", value);
matrix("token_embd.weight", shape.width, shape.vocabulary);
vector("output_norm.weight", [shape.width], () => 1);
for (let i = 0; i < shape.layers; i++) {
  vector(`blk.${i}.attn_norm.weight`, [shape.width], () => 1);
  matrix(`blk.${i}.ssm_in.weight`, shape.width, 2 * shape.inner);
  vector(`blk.${i}.ssm_conv1d.weight`, [shape.taps, shape.inner], next);
  vector(`blk.${i}.ssm_conv1d.bias`, [shape.inner], next);
  matrix(`blk.${i}.ssm_x.weight`, shape.inner, shape.rank + 2 * shape.states);
  matrix(`blk.${i}.ssm_dt.weight`, shape.rank, shape.inner);
  vector(`blk.${i}.ssm_dt.bias`, [shape.inner], () => -4);
  vector(`blk.${i}.ssm_a`, [shape.states, shape.inner], (k) => -(1 + (k % shape.states)));
  vector(`blk.${i}.ssm_d`, [shape.inner], () => 1);
  matrix(`blk.${i}.ssm_out.weight`, shape.inner, shape.width);
}

// A block of q8_0 is a half-precision scale and 32 signed bytes. Dimensions of 48 are not a multiple of 32: those stay f32.
const kindOf = (t) => (t.kind === "q8_0" && t.dimensions[0] % 32 !== 0 ? "f32" : t.kind);
const count = (t) => t.dimensions.reduce((a, b) => a * b, 1);
const bytes = (t) => ({ f32: 4 * count(t), f16: 2 * count(t), q8_0: (count(t) / 32) * 34 })[kindOf(t)];
const pad = (n) => Math.ceil(n / alignment) * alignment;

const parts = [];
const u32 = (n) => { const b = Buffer.alloc(4); b.writeUInt32LE(n); parts.push(b); };
const u64 = (n) => { const b = Buffer.alloc(8); b.writeBigUInt64LE(BigInt(n)); parts.push(b); };
const f32 = (x) => { const b = Buffer.alloc(4); b.writeFloatLE(x); parts.push(b); };
const text = (s) => { const b = Buffer.from(s, "utf8"); u64(b.length); parts.push(b); };
const metadata = [];
const number = (key, n) => metadata.push(() => { text(key); u32(4); u32(n); });
const float = (key, x) => metadata.push(() => { text(key); u32(6); f32(x); });
const string = (key, s) => metadata.push(() => { text(key); u32(8); text(s); });
const flag = (key, b) => metadata.push(() => { text(key); u32(7); parts.push(Buffer.from([b ? 1 : 0])); });
const strings = (key, list) => metadata.push(() => { text(key); u32(9); u32(8); u64(list.length); list.forEach(text); });
const integers = (key, list) => metadata.push(() => { text(key); u32(9); u32(5); u64(list.length); const b = Buffer.alloc(4 * list.length); list.forEach((n, i) => b.writeInt32LE(n, 4 * i)); parts.push(b); });
string("general.architecture", "mamba");
number("general.alignment", alignment);
number("mamba.context_length", 1 << 20);
number("mamba.embedding_length", shape.width);
number("mamba.feed_forward_length", 0);
number("mamba.attention.head_count", 0);
number("mamba.block_count", shape.layers);
number("mamba.ssm.conv_kernel", shape.taps);
number("mamba.ssm.inner_size", shape.inner);
number("mamba.ssm.state_size", shape.states);
number("mamba.ssm.time_step_rank", shape.rank);
float("mamba.attention.layer_norm_rms_epsilon", 1e-5);

// A byte-level vocabulary with fillers, so that the loader has what it asks for. The 256 letters are those of GPT-2's alphabet.
const printable = (b) => (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
let spare = 256;
const letters = Array.from({ length: 256 }, (_, b) => String.fromCodePoint(printable(b) ? b : spare++));
const words = Array.from({ length: shape.vocabulary }, (_, i) => (i === 0 ? "<|endoftext|>" : i <= 256 ? letters[i - 1] : `<filler${i}>`));
string("tokenizer.ggml.model", "gpt2");
string("tokenizer.ggml.pre", "gpt-2");
strings("tokenizer.ggml.tokens", words);
integers("tokenizer.ggml.token_type", words.map((_, i) => (i === 0 ? 3 : 1)));
strings("tokenizer.ggml.merges", [`${letters[97]} ${letters[98]}`]);
number("tokenizer.ggml.bos_token_id", 0);
number("tokenizer.ggml.eos_token_id", 0);
flag("tokenizer.ggml.add_bos_token", false);

parts.push(Buffer.from("GGUF"));
u32(3);
u64(tensors.length);
u64(metadata.length);
metadata.forEach((write) => write());
let offset = 0;
for (const t of tensors) {
  text(t.name);
  u32(t.dimensions.length);
  t.dimensions.forEach(u64);
  u32(types[kindOf(t)]);
  u64(offset);
  offset += pad(bytes(t));
}

const head = Buffer.concat(parts);
const out = openSync(file, "w");
writeSync(out, head);
writeSync(out, Buffer.alloc(pad(head.length) - head.length));

// f16 of a number from 2^-14 to 1, which is all that occurs here; smaller ones become zero.
const half = (x) => {
  const sign = x < 0 ? 0x8000 : 0;
  const magnitude = Math.abs(x);
  if (magnitude < 2 ** -14) return sign;
  const exponent = Math.floor(Math.log2(magnitude));
  return sign + ((exponent + 15) << 10) + Math.min(1023, Math.round((magnitude / 2 ** exponent - 1) * 1024));
};
for (const t of tensors) {
  const n = count(t);
  const data = Buffer.alloc(pad(bytes(t)));
  const kind = kindOf(t);
  if (kind === "q8_0") {
    const scale = half(1 / Math.sqrt(t.dimensions[0]) / 254);
    for (let block = 0; block < n / 32; block++) {
      data.writeUInt16LE(scale, 34 * block);
      for (let i = 0; i < 32; i++) data.writeInt8(Math.round(254 * next()), 34 * block + 2 + i);
    }
  } else if (kind === "f16") {
    for (let i = 0; i < n; i++) data.writeUInt16LE(half(t.value(i)), 2 * i);
  } else {
    for (let i = 0; i < n; i++) data.writeFloatLE(t.value(i), 4 * i);
  }

  writeSync(out, data);
}

closeSync(out);
console.log(`${file}: ${tensors.length} tensors, ${((pad(head.length) + offset) / 1e6).toFixed(0)} MB`);
