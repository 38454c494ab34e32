using StateSpace.Inference.Storage;
using StateSpace.Models;
using StateSpace.Models.Checkpoints;
using StateSpace.Models.Tokenization;
using StateSpace.Tensors;
using StateSpace.Tensors.Operations.PackedMatMul;

namespace StateSpace.Inference;

/// <summary>A model with its tokenizer, from a folder, ready to continue texts.</summary>
/// <example><code>
/// using var model = LanguageModel.Load("models/mamba-130m");
/// foreach (var token in model.Generate("Once upon a time")) Console.Write(token.Text);
/// </code></example>
public sealed class LanguageModel : IDisposable
{
    private readonly ModelFolder _folder;
    private readonly TextGenerator _generator;

    private LanguageModel(ModelFolder folder, ITokenizer tokenizer)
    {
        (_folder, Tokenizer) = (folder, tokenizer);
        _generator = new(folder.Model, tokenizer);
    }

    /// <summary>The model.</summary>
    public SequenceModel Model => _folder.Model;

    /// <summary>The tokenizer.</summary>
    public ITokenizer Tokenizer { get; }

    /// <summary>Opens a folder.</summary>
    /// <param name="path">The folder: <c>config.json</c>, weights, <c>tokenizer.json</c>.</param>
    /// <param name="storage">How matrices are stored in memory.</param>
    /// <param name="device">Where it computes. On a GPU, <see cref="WeightStorage.BFloat16"/> is also what activations are stored in, and there is no int8.</param>
    /// <exception cref="CheckpointException">There is no such folder, a file is missing or damaged, or weights cannot be stored so. One line says which.</exception>
    public static LanguageModel Load(string path, WeightStorage storage = WeightStorage.Float32, Device device = default)
    {
        var folder = ModelFolder.Load(path);
        try
        {
            var model = new LanguageModel(folder, Tokenizers.Load(path));
            if (device.IsCpu)
            {
                model.Model.Pack(storage);
                return model;
            }

            if (storage == WeightStorage.Int8) throw new ArgumentException($"int8 weights are for the CPU; {device} takes float32 and bfloat16");
            model.Model.MoveTo(device);
            model.Model.Activations = storage == WeightStorage.BFloat16 ? DType.BFloat16 : null;
            return model;
        }
        catch (Exception error)
        {
            folder.Dispose();
            if (error is ArgumentException) throw new CheckpointException(path, error.Message, error);
            throw;
        }
    }

    /// <summary>Continues a text; see <see cref="TextGenerator.Generate"/>.</summary>
    /// <param name="prompt">The text.</param>
    /// <param name="options">How; greedily and at most 256 tokens where null.</param>
    /// <param name="conversation">What came before the prompt.</param>
    public Generation Generate(string prompt, GenerationOptions? options = null, Conversation? conversation = null) => _generator.Generate(prompt, options, conversation);

    /// <summary>Releases the model.</summary>
    public void Dispose() => _folder.Dispose();
}
