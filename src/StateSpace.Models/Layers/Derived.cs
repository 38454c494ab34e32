using StateSpace.Tensors;
using StateSpace.Tensors.Autograd;

namespace StateSpace.Models.Layers;

/// <summary>Tensors that are computed from parameters alone, such as A = −exp(A_log): anew at each use, or once where the weights are frozen.</summary>
/// <param name="compute">The computation.</param>
internal sealed class Derived(Func<Tensor[]> compute) : IDisposable
{
    private Tensor[]? _frozen;

    /// <summary>The tensors. A tape records their computation even where they are frozen, so that gradients reach the parameters.</summary>
    public Tensor[] Values => _frozen is { } frozen && Tape.Current is null ? frozen : compute();

    /// <summary>The only tensor.</summary>
    public Tensor Value => Values[0];

    /// <summary>Computes the tensors once; they stand until <see cref="Thaw"/>, whatever happens to the parameters.</summary>
    public void Freeze()
    {
        Thaw();
        using var pause = Tape.Pause();
        using var scope = new TensorScope();
        var values = compute();
        using (TensorScope.Suspend()) _frozen = [.. values.Select(value => value.Detach())];
    }

    /// <summary>Computes anew at each use again.</summary>
    public void Thaw()
    {
        foreach (var value in _frozen ?? []) value.Dispose();
        _frozen = null;
    }

    /// <summary>Releases the frozen tensors.</summary>
    public void Dispose() => Thaw();
}
