using StateSpace.Models.Checkpoints;
using StateSpace.Tensors;

namespace StateSpace.Models.Tests.Checkpoints;

public sealed class WeightFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TensorScope _scope = new();

    private string Root => _folder.File("");

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void One_file_and_several_give_the_same_view()
    {
        (string Name, Tensor Value)[] tensors = [("b", Tensor.From(1f, 2f)), ("a", Tensor.From(3f)), ("c", Tensor.From(4.0, 5.0)), ("d", Tensor.From(6L))];
        foreach (var mostBytes in new[] { 1000L, 20, 12, 1 })
        {
            WeightFilesWriter.Write(Root, tensors, mostBytes: mostBytes);
            using var weights = WeightFiles.Open(Root);
            Assert.Equal(tensors.Length, weights.Count);
            Assert.Equal(["a", "b", "c", "d"], weights.Entries.Select(entry => entry.Name).Order(StringComparer.Ordinal));
            foreach (var (name, value) in tensors)
            {
                Assert.True(weights.Contains(name) && weights.TryGet(name, out _));
                Assert.Equal(value.Shape, weights[name].Shape);
                Assert.Equal(value.ToArray<double>(), weights.Load(name).ToArray<double>());
                Assert.Equal(value.ToArray<double>(), weights.Map(name).ToArray<double>());
                using var raw = weights.MapRaw(name);
                Assert.True(raw.IsMapped);
                var target = value.ZerosLike();
                weights.CopyTo(name, target);
                Assert.Equal(value.ToArray<double>(), target.ToArray<double>());
            }

            Assert.False(weights.Contains("e") || weights.TryGet("e", out _));
            Assert.Contains("has no tensor 'e'", Assert.Throws<CheckpointException>(() => weights.Load("e")).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Files_are_split_and_indexed_as_other_readers_expect_and_old_ones_go()
    {
        (string Name, Tensor Value)[] tensors = [("b", Tensor.From(1f, 2f)), ("a", Tensor.From(3f)), ("large", Tensor.Ones([10])), ("z", Tensor.From(6f))];
        WeightFilesWriter.Write(Root, tensors, mostBytes: 12);
        Assert.Equal(
            ["model-00001-of-00003.safetensors", "model-00002-of-00003.safetensors", "model-00003-of-00003.safetensors", "model.safetensors.index.json"],
            Files());
        Assert.Equal(
            """
            {
              "metadata": {
                "total_size": 56
              },
              "weight_map": {
                "a": "model-00001-of-00003.safetensors",
                "b": "model-00001-of-00003.safetensors",
                "large": "model-00002-of-00003.safetensors",
                "z": "model-00003-of-00003.safetensors"
              }
            }

            """.ReplaceLineEndings("\n"),
            File.ReadAllText(_folder.File(WeightFiles.IndexFile)));
        using (var weights = WeightFiles.Open(Root)) Assert.All(weights.Files, file => Assert.Equal("pt", file.Metadata["format"]));

        File.WriteAllText(_folder.File("model-extra.safetensors"), "not ours");
        WeightFilesWriter.Write(Root, tensors, mostBytes: 16);
        Assert.Equal(["model-00001-of-00003.safetensors", "model-00002-of-00003.safetensors", "model-00003-of-00003.safetensors", "model-extra.safetensors", "model.safetensors.index.json"], Files());
        WeightFilesWriter.Write(Root, tensors, mostBytes: 52);
        Assert.Equal(["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model-extra.safetensors", "model.safetensors.index.json"], Files());
        WeightFilesWriter.Write(Root, tensors, new Dictionary<string, string> { ["step"] = "7" });
        Assert.Equal(["model-extra.safetensors", "model.safetensors"], Files());
        using (var weights = WeightFiles.Open(Root)) Assert.Equal("7", weights.Files[0].Metadata["step"]);
    }

    [Fact]
    public void A_failed_write_leaves_the_old_weights_and_nothing_beside_them()
    {
        var released = Tensor.From(2f);
        released.Dispose();
        foreach (var mostBytes in new[] { 4L, 1000 })
        {
            WeightFilesWriter.Write(Root, [("a", Tensor.From(1f)), ("b", Tensor.From(2f))], mostBytes: mostBytes);
            var before = Files();
            Assert.Throws<ObjectDisposedException>(() => WeightFilesWriter.Write(Root, [("a", Tensor.From(5f)), ("b", released)], mostBytes: 4));
            Assert.Equal(before, Files());
            using var weights = WeightFiles.Open(Root);
            Assert.Equal(1, weights.Load("a").Item());
        }
    }

    [Fact]
    public void A_model_is_rounded_tensor_by_tensor_and_read_back()
    {
        var (matrix, vector) = (Tensor.From(1f, -2.5f, 3.14159f), Tensor.From(0.1f, 1e-6f));
        WeightFilesWriter.Write(Root, [("m", matrix), ("v", vector), ("h", vector), ("i", Tensor.From(3))], store: name => name switch
        {
            "m" => StoredType.BrainFloat16,
            "h" => StoredType.Half,
            _ => StoredType.AsIs,
        });
        using var weights = WeightFiles.Open(Root);
        Assert.Equal(["F32", "I32", "BF16", "F16"], weights.Entries.Select(entry => entry.Type));
        Assert.Equal([1f, -2.5f, 3.140625f], weights.Load("m").ToArray<float>());
        Assert.Equal([0.1f, 1e-6f], weights.Load("v").ToArray<float>());
        Assert.Equal([(float)(Half)0.1f, (float)(Half)1e-6f], weights.Load("h").ToArray<float>());
    }

    [Fact]
    public void A_missing_folder_and_a_folder_without_weights_say_what_was_looked_for()
    {
        Refused(_folder.File("nowhere"), "nowhere: no such folder or file");
        Refused(Root, "has no weights: neither model.safetensors nor model.safetensors.index.json is there");
        _folder.WithHeader("{}");
        Refused(Root, "to open raw.safetensors, name the file itself");
        using (var weights = WeightFiles.Open(_folder.File("raw.safetensors"))) Assert.Equal(0, weights.Count);
        File.WriteAllText(_folder.File("pytorch_model.bin"), "");
        Refused(Root, "pytorch_model.bin is in a format that is not read: convert it to safetensors");
    }

    [Theory]
    [InlineData("", "not valid JSON")]
    [InlineData("[]", "the index must be an object")]
    [InlineData("{}", "weight_map is missing")]
    [InlineData("""{"weight_map":[]}""", "weight_map must be an object")]
    [InlineData("""{"weight_map":{"a":"one.safetensors"},"weight_map":{}}""", "weight_map occurs twice")]
    [InlineData("""{"weight_map":{"a":"one.safetensors","a":"one.safetensors"}}""", "tensor 'a' occurs twice")]
    [InlineData("""{"weight_map":{"a":7}}""", "tensor 'a': the file's name must be a text")]
    [InlineData("""{"weight_map":{"a":""}}""", "tensor 'a': '' is no plain name")]
    [InlineData("""{"weight_map":{"a":".."}}""", "tensor 'a': '..' is no plain name")]
    [InlineData("""{"weight_map":{"a":"../one.safetensors"}}""", "'../one.safetensors' is no plain name of a file in the folder")]
    [InlineData("""{"weight_map":{"a":"/etc/passwd"}}""", "is no plain name")]
    [InlineData("""{"weight_map":{"a":"..\\one.safetensors"}}""", "is no plain name")]
    [InlineData("""{"weight_map":{"a":"C:one.safetensors"}}""", "is no plain name")]
    [InlineData("""{"weight_map":{"a":"one.safetensors\u0000"}}""", "is no plain name")]
    [InlineData("""{"weight_map":{"\ud800":"one.safetensors"}}""", "not valid JSON")]
    [InlineData("""{"weight_map":{}}{}""", "not valid JSON")]
    [InlineData("""{"weight_map":{"a":"three.safetensors"}}""", "places tensor 'a' in three.safetensors, which is not in the folder")]
    [InlineData("""{"weight_map":{"b":"one.safetensors"}}""", "places tensor 'b' in one.safetensors, which does not have it")]
    [InlineData("""{"weight_map":{"b":"one.safetensors","a":"two.safetensors"}}""", "places tensor 'b' in one.safetensors, which does not have it")]
    public void A_bad_index_is_refused_in_a_line(string json, string problem)
    {
        SafeTensorsWriter.Write(_folder.File("one.safetensors"), [("a", Tensor.From(1f))]);
        SafeTensorsWriter.Write(_folder.File("two.safetensors"), [("b", Tensor.From(1f))]);
        File.WriteAllText(_folder.File(WeightFiles.IndexFile), json);
        Refused(Root, problem);
    }

    [Fact]
    public void A_tensor_in_two_files_is_refused()
    {
        SafeTensorsWriter.Write(_folder.File("one.safetensors"), [("a", Tensor.From(1f)), ("b", Tensor.From(1f))]);
        SafeTensorsWriter.Write(_folder.File("two.safetensors"), [("b", Tensor.From(1f))]);
        File.WriteAllText(_folder.File(WeightFiles.IndexFile), """{"weight_map":{"a":"one.safetensors","b":"two.safetensors"}}""");
        Refused(Root, "two.safetensors: tensor 'b' is also in one.safetensors");
    }

    [Fact]
    public void An_index_may_carry_anything_beside_its_map_and_a_file_more_tensors_than_it_lists()
    {
        SafeTensorsWriter.Write(_folder.File("one.safetensors"), [("a", Tensor.From(1f)), ("extra", Tensor.From(2f))]);
        File.WriteAllText(_folder.File(WeightFiles.IndexFile), """{"metadata":{"total_size":4,"x":[[]]},"weight_map":{"a":"one.safetensors"},"y":null} """);
        using var weights = WeightFiles.Open(Root);
        Assert.Equal(2, weights.Load("extra").Item());
    }

    private string[] Files() => [.. Directory.GetFiles(Root).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];

    private void Refused(string path, string problem)
    {
        var message = Assert.Throws<CheckpointException>(() => WeightFiles.Open(path)).Message;
        Assert.StartsWith(Root, message, StringComparison.Ordinal);
        Assert.DoesNotContain(message, char.IsControl);
        Assert.Contains(problem, message, StringComparison.Ordinal);
    }
}
