using StateSpace.Models.Checkpoints;
using StateSpace.Tensors;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Models.Verification;

/// <summary>
/// Verifies a model folder on this machine: against values recorded elsewhere where <c>expected.safetensors</c> lies beside the weights, and by the
/// equivalence contract: a text at once, in chunks and token by token gives the same logits and the same greedy continuation.
/// </summary>
public static class ModelVerifier
{
    private const int Sequences = 2, Length = 37;

    /// <summary>Runs every check.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <param name="device">Where the model computes; the reference in double is computed on the CPU.</param>
    /// <param name="cancellation">Ends the run.</param>
    /// <exception cref="CheckpointException">The folder holds no model that can be read, or the recording is not valid.</exception>
    public static ModelReport Verify(string folder, Device device = default, CancellationToken cancellation = default)
    {
        using var scope = new TensorScope();
        using var loaded = ModelFolder.Load(folder);
        loaded.Model.MoveTo(device);
        List<ModelCheck> checks = [];
        List<string> notes = [];
        var recording = Path.Combine(folder, RecordedTruth.FileName);
        Tensor ids;
        if (File.Exists(recording))
        {
            using var file = SafeTensorsFile.Open(recording);
            ids = RecordedTruth.Input(file, loaded.Model);
            checks.AddRange(RecordedTruth.Compare(loaded, file, ids, cancellation));
        }
        else
        {
            ids = Tensor.Empty([Sequences, Length], DType.Int64);
            new RandomSource(0).FillIntegers(ids.Span<long>(), loaded.Model.Configuration.Vocabulary);
            notes.Add($"no values were recorded elsewhere ({RecordedTruth.FileName} is not there): the model is compared with itself, on random tokens");
        }

        if (loaded.Unused.Count > 0) notes.Add($"{loaded.Unused.Count} tensors of the files are not used, such as {loaded.Unused[0]}");
        checks.AddRange(EquivalenceContract.Run(loaded, ids, notes, cancellation));
        return new(folder, loaded.Architecture, loaded.Model.ParameterCount, loaded.Model.Blocks.Count, checks, notes);
    }
}
