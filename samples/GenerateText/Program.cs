// Trains a tiny Mamba on one sentence, saves it as a model folder, opens the folder with int8 weights and continues a text token by token.
using StateSpace.Inference;
using StateSpace.Models;
using StateSpace.Models.Tokenization;
using StateSpace.Tensors;
using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Operations.CrossEntropy;
using StateSpace.Tensors.Operations.PackedMatMul;
using StateSpace.Tensors.RandomNumbers;
using StateSpace.Training.Optimizers;

const string Sentence = "A state space model remembers what it has read, and writes on. ";
var folder = Path.Combine(Path.GetTempPath(), $"generate-text-{Environment.ProcessId}");
Train(folder);

using (var model = LanguageModel.Load(folder, WeightStorage.Int8))
{
    var written = "";
    foreach (var token in model.Generate("A state", new() { MaximumTokens = 90 }))
    {
        Console.Write(token.Text);
        written += token.Text;
    }

    Console.WriteLine();
    Directory.Delete(folder, recursive: true);
    return written.StartsWith(" space model remembers what it has read", StringComparison.Ordinal) ? 0 : 1;
}

static void Train(string folder)
{
    var tokenizer = new ByteTokenizer();
    using var model = new SequenceModel(ModelKinds.Configure("mamba", tokenizer.VocabularySize, width: 48, depth: 2), new RandomSource(1));
    using var optimizer = new AdamW(model.Parameters);
    var ids = tokenizer.Encode(Sentence + Sentence + Sentence);
    for (var step = 1; step <= 60; step++)
    {
        using var scope = new TensorScope();
        using var tape = new Tape();
        optimizer.ZeroGradient();
        var logits = model.Forward(Tensor.From<int>(ids.AsSpan(..^1), [1, ids.Length - 1])).Logits!;
        var loss = CrossEntropy.Apply(logits, Tensor.From<int>(ids.AsSpan(1..), [1, ids.Length - 1]));
        tape.Backward(loss);
        GradientClipping.Clip(optimizer.Parameters, 1);
        optimizer.Step(1e-2);
        if (step % 20 == 0) Console.WriteLine($"step {step}: {loss.Item():F3} nats per byte");
    }

    ModelFolder.Save(folder, model);
    tokenizer.Save(folder);
}
