using System.Text;
using FsCheck;
using FsCheck.Fluent;
using StateSpace.Models.Checkpoints;
using StateSpace.Tensors;
using StateSpace.Tensors.Memory;

namespace StateSpace.Models.Tests.Checkpoints;

public sealed class HostileFolderTests : IDisposable
{
    private static readonly string[] HostileTexts =
    [
        "-1", "0", "1", "3", "7", "65536", "2147483647", "4611686018427387904", "1e400", "1e-400", "1.5", "NaN", "Infinity", "null", "true", "[]", "{}", "\"\"", "\"a\"", "\"\\ud800\"",
        "\\", "\"", "]", "}", "[", "{", ",", ":", "\0", "😀", "\"../x\"", "\"/dev/zero\"", "\"one.safetensors\"", "\"two.safetensors\"", "\"mamba2\"", "\"jamba\"",
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("mamba")]
    [InlineData("mamba2")]
    [InlineData("falcon-mamba")]
    [InlineData("jamba")]
    public void Any_configuration_with_hostile_words_is_used_or_refused_in_one_line(string model)
    {
        var folder = _folder.File("model");
        GoldenFolder.Copy($"seed0/{model}", folder);
        var config = Path.Combine(folder, "config.json");
        var sound = File.ReadAllText(config);
        Check(sound, times: 150, json =>
        {
            File.WriteAllBytes(config, json);
            UseOrRefuse(folder, () => ModelFolder.Load(folder).Dispose());
        });
    }

    [Fact]
    public void Any_index_with_hostile_words_is_used_or_refused_in_one_line()
    {
        using (var scope = new TensorScope())
        {
            SafeTensorsWriter.Write(_folder.File("one.safetensors"), [("a", Tensor.From(1f)), ("b", Tensor.From(2f, 3f))]);
            SafeTensorsWriter.Write(_folder.File("two.safetensors"), [("c", Tensor.From(4.0))]);
        }

        const string Sound = """{"metadata":{"total_size":20},"weight_map":{"a":"one.safetensors","b":"one.safetensors","c":"two.safetensors"}}""";
        var folder = _folder.File("");
        Check(Sound, times: 400, json =>
        {
            File.WriteAllBytes(_folder.File(WeightFiles.IndexFile), json);
            UseOrRefuse(folder, () =>
            {
                using var weights = WeightFiles.Open(folder);
                using var scope = new TensorScope();
                foreach (var entry in weights.Entries) Assert.Equal(weights.Load(entry.Name).ToArray<double>(), weights.Map(entry.Name).ToArray<double>());
            });
        });
    }

    [Fact]
    public void Any_damaged_weights_under_a_sound_configuration_are_used_or_refused_in_one_line()
    {
        var folder = _folder.File("model");
        GoldenFolder.Copy("seed0/mamba", folder);
        var weights = Path.Combine(folder, "model.safetensors");
        var sound = File.ReadAllBytes(weights);
        var random = new Random(11);
        for (var i = 0; i < 150; i++)
        {
            var bytes = sound[..(i % 3 == 0 ? random.Next(sound.Length) : sound.Length)];
            var header = 8 + (int)BitConverter.ToInt64(sound);
            for (var k = 0; k < 3 && bytes.Length > 0; k++) bytes[random.Next(Math.Min(header, bytes.Length))] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(weights, bytes);
            UseOrRefuse(folder, () => ModelFolder.Load(folder).Dispose());
        }
    }

    /// <summary>Whatever else is thrown fails the test; so does memory out of proportion to the files.</summary>
    private static void UseOrRefuse(string folder, Action use)
    {
        var (managed, native) = (GC.GetAllocatedBytesForCurrentThread(), MemoryPool.LiveBytes);
        try
        {
            use();
        }
        catch (CheckpointException error)
        {
            Assert.StartsWith(folder, error.Message, StringComparison.Ordinal);
            Assert.DoesNotContain(error.Message, char.IsControl);
            Assert.InRange(error.Message.Length, 1, folder.Length + 400);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - managed, 0, 8 << 20);
        Assert.InRange(MemoryPool.LiveBytes - native, -(64 << 20), 8 << 20);
    }

    private static void Check(string sound, int times, Action<byte[]> use)
    {
        var edit = from at in Gen.Choose(0, sound.Length)
                   from removed in Gen.Choose(0, 8)
                   from text in Gen.Frequency((4, Gen.Elements(HostileTexts)), (1, Gen.Choose(0, 0x7F).Select(c => ((char)c).ToString())), (1, Gen.Constant("")))
                   select (at, removed, text, isValue: text.Length > 0 && removed > 2);
        var edits = from count in Gen.Choose(1, 3)
                    from list in Gen.ArrayOf(edit, count)
                    select list;
        var configuration = Config.QuickThrowOnFailure.WithMaxTest(times).WithReplay(20_251_103, 1);
        Prop.ForAll(edits.ToArbitrary(), list =>
        {
            var json = sound;
            foreach (var (at, removed, text, isValue) in list)
            {
                var start = Math.Min(json.Length, at);

                // Half of the edits replace a whole value, so that the file stays JSON and what is wrong is what it says.
                var colon = isValue ? json.IndexOf(':', start) : -1;
                var end = colon < 0 ? Math.Min(json.Length, start + removed) : json.IndexOfAny([',', '}', '\n'], colon);
                if (colon >= 0) start = colon + 1;
                if (end < start) end = json.Length;
                json = json[..start] + text + json[end..];
            }

            use(Encoding.UTF8.GetBytes(json));
        }).Check(configuration);
    }
}
