using StateSpace.Tensors;

namespace StateSpace.Models.Parameters;

/// <summary>A named tensor that is trained, and what its rows are for.</summary>
/// <remarks>
/// The value outlives the <see cref="TensorScope"/> in which it was made. A stacked weight (Mamba's <c>x_proj</c> holds the rows for
/// Δ, B and C) declares its parts; any other weight is one part that bears the parameter's own first name.
/// </remarks>
public sealed class Parameter : IDisposable
{
    private readonly ParameterPart[] _parts;

    /// <summary>A weight with one role.</summary>
    /// <param name="name">Name within its module.</param>
    /// <param name="value">Initial values; the parameter takes over the memory.</param>
    /// <param name="role">What it does.</param>
    /// <exception cref="ArgumentException">The value is not floating-point, or the role does not fit its shape.</exception>
    public Parameter(string name, Tensor value, ParameterRole role)
        : this(name, value, [new(name, 0, Rows(value), role)])
    {
    }

    /// <summary>A stacked weight.</summary>
    /// <param name="name">Name within its module.</param>
    /// <param name="value">Initial values; the parameter takes over the memory.</param>
    /// <param name="parts">Parts in the order of the rows, without gaps.</param>
    /// <exception cref="ArgumentException">The value is not floating-point, or the parts do not fit its shape.</exception>
    public Parameter(string name, Tensor value, IReadOnlyList<ParameterPart> parts)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (!value.DType.IsFloating()) throw new ArgumentException($"parameter {name}: values must be floating-point, not {value}", nameof(value));
        Name = name;
        _parts = [.. parts];
        using (TensorScope.Suspend()) Value = value.Detach();
        Value.RequiresGradient = true;
        CheckParts();
    }

    /// <summary>Name in the model: the names of the enclosing modules and its own, joined with dots.</summary>
    public string Name { get; internal set; }

    /// <summary>The values.</summary>
    public Tensor Value { get; private set; }

    /// <summary>Parts in the order of the rows; at least one.</summary>
    public IReadOnlyList<ParameterPart> Parts => _parts;

    /// <summary>Whether a module holds this parameter.</summary>
    internal bool IsOwned { get; set; }

    /// <summary>The values, to compute with.</summary>
    public static implicit operator Tensor(Parameter parameter) => parameter.Value;

    /// <summary>Gives a part another role, such as another learning-rate multiplier; optimizers read it at their next step.</summary>
    /// <param name="part">Name of the part.</param>
    /// <param name="role">The new role.</param>
    /// <exception cref="ArgumentException">There is no such part, or the role does not fit the shape.</exception>
    public void Assign(string part, ParameterRole role)
    {
        var index = Array.FindIndex(_parts, candidate => string.Equals(candidate.Name, part, StringComparison.Ordinal));
        if (index < 0) throw new ArgumentException($"parameter {Name} has no part {part}; it has {string.Join(", ", _parts.Select(p => p.Name))}", nameof(part));
        CheckRole(part, role);
        _parts[index] = _parts[index] with { Role = role };
    }

    /// <summary>Takes other memory for the values, such as a mapped file's, and releases the old one and its gradient.</summary>
    /// <param name="value">Values of the same shape, of any floating-point type; the parameter takes over the memory.</param>
    /// <exception cref="ArgumentException">The shape differs, or the values are not floating-point.</exception>
    public void Replace(Tensor value)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (value.Shape != Value.Shape || !value.DType.IsFloating()) throw new ArgumentException($"parameter {Name} is {Value} and cannot become {value}", nameof(value));
        var old = Value;
        using (TensorScope.Suspend()) Value = value.Detach();
        Value.RequiresGradient = old.RequiresGradient;
        old.Dispose();
    }

    /// <summary>Releases the values and the gradient.</summary>
    public void Dispose() => Value.Dispose();

    /// <summary>Name, type, shape and device.</summary>
    public override string ToString() => $"{Name}: {Value}";

    private static long Rows(Tensor value) => value.Rank == 0 ? 1 : value.Shape[0];

    private void CheckParts()
    {
        var end = 0L;
        foreach (var part in _parts)
        {
            if (part.Start != end || part.Length < 0)
            {
                throw new ArgumentException($"parameter {Name}: part {part.Name} must start at row {end}, not at {part.Start}");
            }

            end += part.Length;
            CheckRole(part.Name, part.Role);
        }

        if (_parts.Length == 0 || end != Rows(Value)) throw new ArgumentException($"parameter {Name}: the parts cover {end} of {Rows(Value)} rows");
        if (_parts.Select(part => part.Name).Distinct(StringComparer.Ordinal).Count() != _parts.Length)
        {
            throw new ArgumentException($"parameter {Name}: two parts have the same name");
        }
    }

    private void CheckRole(string part, ParameterRole role)
    {
        if (role.Growth.Count != Value.Rank)
        {
            throw new ArgumentException($"parameter {Name}: the role of {part} describes {role.Growth.Count} axes but the shape is {Value.Shape}");
        }
    }
}
