using StateSpace.Tensors;
using StateSpace.Tensors.Autograd;

namespace StateSpace.Models.Parameters;

/// <summary>A layer or a model: parameters of its own and those of the modules that it is made of.</summary>
public abstract class Module : IDisposable
{
    private readonly List<Parameter> _parameters = [];
    private readonly List<(string Name, Module Module)> _modules = [];
    private bool _attached;

    /// <summary>Every parameter, in the order of construction. Names are unique.</summary>
    public IReadOnlyList<Parameter> Parameters => _parameters;

    /// <summary>The modules that this one is made of, by their names within it.</summary>
    public IReadOnlyList<(string Name, Module Module)> Modules => _modules;

    /// <summary>Number of trained values.</summary>
    public long ParameterCount => _parameters.Sum(parameter => parameter.Value.Count);

    /// <summary>Converts every parameter to another type, in which the module then computes; gradients are dropped.</summary>
    /// <param name="dtype">Float32 or Float64.</param>
    public virtual void Convert(DType dtype)
    {
        foreach (var (_, module) in _modules) module.Convert(dtype);
        foreach (var parameter in _parameters)
        {
            if (parameter.Value.DType == dtype) continue;
            using var scope = new TensorScope();
            using var pause = Tape.Pause();
            parameter.Replace(parameter.Value.Convert(dtype));
        }
    }

    /// <summary>Moves every parameter to a device, on which the module then computes; gradients are dropped.</summary>
    /// <param name="device">The device.</param>
    public virtual void MoveTo(Device device)
    {
        foreach (var (_, module) in _modules) module.MoveTo(device);
        foreach (var parameter in _parameters)
        {
            if (parameter.Value.Device == device) continue;
            using var scope = new TensorScope();
            using var pause = Tape.Pause();
            parameter.Replace(parameter.Value.To(device));
        }
    }

    /// <summary>Releases the parameters and the modules.</summary>
    public virtual void Dispose()
    {
        foreach (var (_, module) in _modules) module.Dispose();
        foreach (var parameter in _parameters) parameter.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Makes a parameter part of this module.</summary>
    /// <returns>The parameter.</returns>
    /// <exception cref="ArgumentException">The name is taken, or the parameter belongs to a module already (use it without adding it).</exception>
    protected Parameter Add(Parameter parameter)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        RequireOpen(parameter.Name);
        if (parameter.IsOwned) throw new ArgumentException($"parameter {parameter.Name} belongs to a module already", nameof(parameter));
        Append(parameter);
        parameter.IsOwned = true;
        return parameter;
    }

    /// <summary>Makes a module part of this one: its parameters' names get <paramref name="name"/> and a dot in front.</summary>
    /// <typeparam name="TModule">Type of the module.</typeparam>
    /// <param name="name">Name within this module; may contain dots, as in <c>layers.0</c>.</param>
    /// <param name="module">The module, complete: it takes no parameters afterwards.</param>
    /// <returns>The module.</returns>
    /// <exception cref="ArgumentException">A name is taken, or the module is part of another already (use it without adding it).</exception>
    protected TModule Add<TModule>(string name, TModule module)
        where TModule : Module
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(module);
        RequireOpen(name);
        if (module._attached || module == this) throw new ArgumentException($"module {name} is part of another module already", nameof(module));
        module._attached = true;
        foreach (var parameter in module._parameters)
        {
            parameter.Name = $"{name}.{parameter.Name}";
            Append(parameter);
        }

        _modules.Add((name, module));
        return module;
    }

    private void RequireOpen(string name)
    {
        if (_attached) throw new InvalidOperationException($"{GetType().Name} is part of another module and takes no more parameters ({name})");
    }

    private void Append(Parameter parameter)
    {
        if (_parameters.Exists(other => string.Equals(other.Name, parameter.Name, StringComparison.Ordinal)))
        {
            throw new ArgumentException($"{GetType().Name} has a parameter {parameter.Name} already", nameof(parameter));
        }

        _parameters.Add(parameter);
    }
}
