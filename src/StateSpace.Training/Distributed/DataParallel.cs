using StateSpace.Models.Parameters;
using StateSpace.Tensors;
using StateSpace.Training.Optimizers;

namespace StateSpace.Training.Distributed;

/// <summary>
/// One model in several processes, each of which trains on its share of a batch: gradients are averaged in buckets while the reverse pass still runs.
/// With a sharded optimizer each process holds the moments of its own parameters alone, updates those and hands them out (Rajbhandari et al., 2020,
/// arXiv 1910.02054, stage 1).
/// </summary>
public sealed class DataParallel
{
    private const long BucketBytes = 32 << 20;

    private readonly ICommunicator _communicator;
    private readonly IReadOnlyList<Parameter> _parameters;
    private readonly int[]? _owners;
    private readonly List<Tensor> _bucket = [];
    private long _bucketBytes;

    /// <summary>Gives every process the weights of process 0.</summary>
    /// <param name="communicator">The processes; stays the caller's.</param>
    /// <param name="parameters">The model's, in the same order in every process.</param>
    /// <param name="shard">Whether the optimizer is sharded.</param>
    public DataParallel(ICommunicator communicator, IReadOnlyList<Parameter> parameters, bool shard)
    {
        ArgumentNullException.ThrowIfNull(communicator);
        (_communicator, _parameters) = (communicator, parameters);
        _owners = shard ? Owners(parameters, communicator.Size) : null;
        communicator.Broadcast([.. parameters.Select(parameter => parameter.Value)], root: 0);
        communicator.Wait();
    }

    /// <summary>Number of this process.</summary>
    public int Rank => _communicator.Rank;

    /// <summary>Number of processes.</summary>
    public int Size => _communicator.Size;

    /// <summary>Whether the optimizer is sharded.</summary>
    public bool IsSharded => _owners is not null;

    /// <summary>Whether this process holds the moments of a parameter.</summary>
    /// <param name="index">Index of the parameter.</param>
    public bool Owns(int index) => _owners is null || _owners[index] == Rank;

    /// <summary>Takes the gradient of a parameter's value that is complete in this process; a full bucket is on its way at once.</summary>
    /// <param name="leaf">The value; its gradient must not be touched before <see cref="Finish"/>.</param>
    public void Ready(Tensor leaf)
    {
        ArgumentNullException.ThrowIfNull(leaf);
        _bucket.Add(leaf.Gradient!);
        _bucketBytes += leaf.Count * leaf.DType.Size();
        if (_bucketBytes >= BucketBytes) Flush();
    }

    /// <summary>Sends the rest and waits: afterwards every process has the same gradients.</summary>
    public void Finish()
    {
        Flush();
        _communicator.Wait();
    }

    /// <summary>The mean of numbers over the processes, such as losses.</summary>
    /// <param name="values">One or more numbers of this process.</param>
    public double[] Mean(params double[] values)
    {
        using var scope = new TensorScope();
        var device = _parameters[0].Value.Device;
        var numbers = Tensor.From<double>(values).To(device);
        _communicator.Average([numbers]);
        _communicator.Wait();
        return numbers.ToArray<double>();
    }

    /// <summary>With a sharded optimizer: drops the gradients of others' parameters, so that the optimizer passes them over.</summary>
    public void KeepOwnGradients()
    {
        for (var i = 0; i < _parameters.Count; i++)
        {
            if (Owns(i)) continue;
            _parameters[i].Value.Gradient?.Dispose();
            _parameters[i].Value.Gradient = null;
        }
    }

    /// <summary>With a sharded optimizer: gives every process what the owners updated.</summary>
    public void ShareWeights()
    {
        if (_owners is null) return;
        foreach (var group in _owners.Select((owner, i) => (owner, i)).GroupBy(pair => pair.owner))
            _communicator.Broadcast([.. group.Select(pair => _parameters[pair.i].Value)], group.Key);
        _communicator.Wait();
    }

    /// <summary>The process that holds the moments of a parameter: the parameters from the largest on, each to who has the least.</summary>
    internal static int[] Owners(IReadOnlyList<Parameter> parameters, int size)
    {
        var (owners, load) = (new int[parameters.Count], new long[size]);
        foreach (var i in Enumerable.Range(0, parameters.Count).OrderByDescending(i => parameters[i].Value.Count).ThenBy(i => i))
        {
            owners[i] = Array.IndexOf(load, load.Min());
            load[owners[i]] += parameters[i].Value.Count;
        }

        return owners;
    }

    /// <summary>The whole state of an optimizer whose parts lie in the processes; every process must call it.</summary>
    /// <param name="optimizer">This process's.</param>
    /// <returns>As <see cref="Optimizer.SaveState"/> gives it, in process 0; elsewhere nothing.</returns>
    public IReadOnlyList<(string Name, Tensor Value)> GatherState(Optimizer optimizer)
    {
        ArgumentNullException.ThrowIfNull(optimizer);
        if (_owners is null) return Rank == 0 ? optimizer.SaveState() : [];
        var own = optimizer.SaveState().ToDictionary(part => part.Name, part => part.Value, StringComparer.Ordinal);
        var all = new List<(string, Tensor)>();
        for (var i = 0; i < _parameters.Count; i++)
        {
            var value = _parameters[i].Value;
            var names = optimizer.StateNames(_parameters[i]);

            // The count of steps comes first; without steps there are no moments.
            using var scope = new TensorScope();
            var tensors = names.Select((name, part) => own.TryGetValue(name, out var there) ? there.To(value.Device)
                : part == 0 ? Tensor.Zeros(Shape.Scalar, DType.Int64, value.Device) : value.ZerosLike()).ToArray();
            _communicator.Broadcast(tensors, _owners[i]);
            _communicator.Wait();
            if (Rank != 0 || tensors[0].Item() == 0) continue;
            using var unscoped = TensorScope.Suspend();
            all.AddRange(names.Zip(tensors, (name, tensor) => (name, tensor.To(Device.Cpu).Detach())));
        }

        return all;
    }

    /// <summary>The part of an optimizer's state that this process holds.</summary>
    /// <param name="optimizer">This process's.</param>
    /// <param name="state">The whole state.</param>
    public IReadOnlyDictionary<string, Tensor> OwnState(Optimizer optimizer, IReadOnlyDictionary<string, Tensor> state)
    {
        ArgumentNullException.ThrowIfNull(optimizer);
        var others = _parameters.Where((_, i) => !Owns(i)).SelectMany(optimizer.StateNames).ToHashSet(StringComparer.Ordinal);
        return state.Where(part => !others.Contains(part.Key)).ToDictionary(StringComparer.Ordinal);
    }

    private void Flush()
    {
        if (_bucket.Count == 0) return;
        _communicator.Average([.. _bucket]);
        _bucket.Clear();
        _bucketBytes = 0;
    }
}
