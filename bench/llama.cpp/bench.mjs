// Times llama.cpp through node-llama-cpp: reading a prompt and decoding, two threads, on the CPU. Best of some rounds.
// Usage: node bench.mjs FILE.gguf [PROMPT TOKENS] [DECODED TOKENS] [ROUNDS]
import { getLlama } from "node-llama-cpp";

const [file, prompt = "512", decoded = "64", rounds = "3"] = process.argv.slice(2);
if (!file) {
  console.error("usage: node bench.mjs FILE.gguf [PROMPT TOKENS] [DECODED TOKENS] [ROUNDS]");
  process.exit(2);
}

const llama = await getLlama({ gpu: false, build: "never", maxThreads: 2, logLevel: "error" });
const model = await llama.loadModel({ modelPath: file, gpuLayers: 0 });
const context = await model.createContext({ contextSize: 2048, batchSize: 512, threads: 2 });
const sequence = context.getSequence();
const seconds = async (run) => {
  const start = process.hrtime.bigint();
  await run();
  return Number(process.hrtime.bigint() - start) / 1e9;
};

const ids = Array.from({ length: Number(prompt) }, (_, i) => (i * 7919) % 50000);
let [reading, writing] = [Infinity, Infinity];
for (let round = 0; round < Number(rounds); round++) {
  await sequence.clearHistory();
  reading = Math.min(reading, await seconds(() => sequence.evaluateWithoutGeneratingNewTokens(ids)));
  const tokens = sequence.evaluate([1], { temperature: 0, yieldEogToken: true });
  await tokens.next();
  const spent = await seconds(async () => {
    for (let i = 0; i < Number(decoded); i++) await tokens.next();
  });
  await tokens.return();
  writing = Math.min(writing, spent);
}

console.log(JSON.stringify({ file, prompt_tok_s: Number(prompt) / reading, decode_tok_s: Number(decoded) / writing }));
process.exit(0);
