using System.Text;
using System.Text.Json;
using StateSpace.Models.Checkpoints;
using StateSpace.Models.HuggingFace;
using StateSpace.Models.Parameters;

namespace StateSpace.Models;

/// <summary>
/// A model in a folder: <c>config.json</c> and weights as safetensors. Hugging Face's <c>mamba</c>, <c>mamba2</c>, <c>falcon_mamba</c> and
/// <c>jamba</c> are read and written as transformers does; every other model in this library's own form, <c>statespace</c>.
/// </summary>
public sealed class ModelFolder : IDisposable
{
    private static readonly JsonSerializerOptions Format = new() { WriteIndented = true };

    private readonly Architecture _architecture;

    private ModelFolder(string path, Architecture architecture, SequenceModel model, IReadOnlyList<string> unused)
    {
        (Path, _architecture, Model, Unused) = (path, architecture, model, unused);
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The model. Its Float32 weights lie in the mapped files; it belongs to this object.</summary>
    public SequenceModel Model { get; }

    /// <summary>Value of <c>model_type</c>, such as <c>mamba2</c>.</summary>
    public string Architecture => _architecture.ModelType;

    /// <summary>Names of tensors in the files that no parameter of the model took.</summary>
    public IReadOnlyList<string> Unused { get; }

    /// <summary>Opens a model. Weights of 16 bits are converted to Float32; others are mapped and read when they are first used.</summary>
    /// <param name="path">The folder.</param>
    /// <exception cref="CheckpointException">
    /// A file is missing or not valid, the architecture is not known, a setting is out of range, or a tensor is missing or does not fit. One line says which.
    /// </exception>
    public static ModelFolder Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!Directory.Exists(path)) throw new CheckpointException(path, "no such folder");
        var config = ConfigFile.Read(path);
        var architecture = HuggingFace.Architecture.Of(config);
        var configuration = architecture.Read(config);
        using var weights = WeightFiles.Open(path);
        SequenceModel? model = null;
        try
        {
            model = SequenceModel.Within(configuration, new ParameterBudget(config, weights));
            return new(path, architecture, model, LoadedWeights.Fill(model, architecture, weights));
        }
        catch (Exception error)
        {
            model?.Dispose();
            if (error is OverflowException) throw new CheckpointException(config.Path, "states sizes whose product is too large", error);
            if (error is ArgumentException) throw new CheckpointException(config.Path, error.Message, error);
            throw;
        }
    }

    /// <summary>
    /// Writes a model: in Hugging Face's form where transformers has such a model, otherwise in this library's own. Files are written beside and
    /// renamed into place.
    /// </summary>
    /// <param name="path">The folder; it is made where it is missing.</param>
    /// <param name="model">The model, in Float32.</param>
    /// <param name="store">How weights are stored; vectors and matrices alike.</param>
    /// <exception cref="CheckpointException">A file cannot be written.</exception>
    public static void Save(string path, SequenceModel model, StoredType store = StoredType.AsIs)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(model);
        var written = HuggingFace.Architecture.All.Select(candidate => (candidate, candidate.Write(model.Configuration)));
        var (architecture, config) = written.First(pair => pair.Item2 is not null);
        if (config!.ContainsKey("dtype"))
        {
            config["dtype"] = store switch { StoredType.BrainFloat16 => "bfloat16", StoredType.Half => "float16", _ => "float32" };
        }

        using var scope = new Tensors.TensorScope();
        WeightFilesWriter.Write(path, LoadedWeights.Of(model, architecture), store: _ => store);
        var json = Encoding.UTF8.GetBytes(config.ToJsonString(Format) + "\n");
        using var file = PartialFile.Write(System.IO.Path.Combine(path, ConfigFile.Name), json.Length, stream => stream.Write(json));
        file.Commit();
    }

    /// <summary>The name that a parameter of the model has in the folder's files.</summary>
    /// <param name="parameter">A parameter of <see cref="Model"/>.</param>
    public string FileName(Parameter parameter)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        return _architecture.FileName(parameter.Name, Model.Configuration);
    }

    /// <summary>Releases the model.</summary>
    public void Dispose() => Model.Dispose();
}
