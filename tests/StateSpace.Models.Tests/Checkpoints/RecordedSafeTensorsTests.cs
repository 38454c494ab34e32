using StateSpace.Models.Checkpoints;
using StateSpace.Tensors;

namespace StateSpace.Models.Tests.Checkpoints;

/// <summary>Files that the format's own library wrote.</summary>
public sealed class RecordedSafeTensorsTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "golden", "operations");

    [Fact]
    public void Every_recorded_file_is_read_whole()
    {
        var files = Directory.GetFiles(Folder, "*.safetensors");
        Assert.NotEmpty(files);
        foreach (var path in files)
        {
            using var scope = new TensorScope();
            using var file = SafeTensorsFile.Open(path);
            var tensors = file.LoadAll();
            foreach (var (name, tensor) in tensors)
            {
                Assert.Equal(file[name].Shape, tensor.Shape);
                Assert.All(tensor.ToArray<double>(), value => Assert.True(double.IsFinite(value), $"{path}: {name} holds {value}"));
                var parts = name.Split('.', 2);
                if (parts[0] == "grad") Assert.Equal(tensors[$"in.{parts[1]}"].Shape, tensor.Shape);
                if (parts[0] == "cotangent") Assert.Equal(tensors[$"out.{parts[1]}"].Shape, tensor.Shape);
            }
        }
    }

    [Fact]
    public void Values_and_metadata_are_those_that_were_recorded()
    {
        using var scope = new TensorScope();
        using var file = SafeTensorsFile.Open(Path.Combine(Folder, "rms_norm.2.safetensors"));
        var epsilon = double.Parse(file.Metadata["eps"]);
        var weight = file.Load("in.weight").ToArray<double>();
        var x = file.Load("in.x").ToArray<double>();
        var y = file.Load("out.y").ToArray<double>();
        for (var row = 0; row < x.Length; row += weight.Length)
        {
            var mean = x.Skip(row).Take(weight.Length).Average(value => value * value);
            for (var i = 0; i < weight.Length; i++) Assert.Equal(x[row + i] * weight[i] / Math.Sqrt(mean + epsilon), y[row + i], 1e-13);
        }
    }

    [Fact]
    public void What_is_read_is_written_to_the_same_bytes()
    {
        using var folder = new TemporaryFolder();
        foreach (var path in Directory.GetFiles(Folder, "*.safetensors"))
        {
            using var scope = new TensorScope();
            using var file = SafeTensorsFile.Open(path);
            SafeTensorsWriter.Write(folder.File("copy"), file.Entries.Reverse().Select(entry => (entry.Name, file.Load(entry.Name))), file.Metadata);
            var (original, copy) = (File.ReadAllBytes(path), File.ReadAllBytes(folder.File("copy")));

            // That library writes several texts in the order of a hash table; ours are sorted. What follows them is the same.
            var start = file.Metadata.Count > 1 ? 8 + copy.AsSpan(8).IndexOf("},"u8) : 0;
            Assert.Equal(original.Length, copy.Length);
            Assert.Equal(original[start..], copy[start..]);
        }
    }

    [Fact]
    public void Integers_stay_integers()
    {
        using var scope = new TensorScope();
        using var file = SafeTensorsFile.Open(Path.Combine(Folder, "cross_entropy.safetensors"));
        var target = file.Load("in.target");
        Assert.Equal((DType.Int64, Shape.Create([2, 9])), (target.DType, target.Shape));
        Assert.All(target.ToArray<long>(), value => Assert.InRange(value, -100, 10));
    }
}
