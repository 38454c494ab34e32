using System.Text.Json.Nodes;
using StateSpace.Models.Checkpoints;
using StateSpace.Models.Layers;
using StateSpace.Models.Tests.Checkpoints;
using StateSpace.Tensors;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Models.Tests.HuggingFace;

public sealed class ModelFolderTests
{
    private static readonly string[] Recorded = ["seed0/mamba", "seed0/mamba2", "seed0/falcon-mamba", "seed0/jamba", "seed3/mamba"];

    public static TheoryData<string> Names => [.. Recorded];

    public static TheoryData<string> Kinds => [.. ModelKinds.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_model_of_the_library_is_written_back_with_the_same_tensors_and_settings(string name)
    {
        using var folder = new TemporaryFolder();
        using var loaded = ModelFolder.Load(GoldenFolder.Of(name));
        ModelFolder.Save(folder.File("copy"), loaded.Model);
        using SafeTensorsFile before = SafeTensorsFile.Open(Path.Combine(GoldenFolder.Of(name), "model.safetensors")), after = SafeTensorsFile.Open(Path.Combine(folder.File("copy"), "model.safetensors"));
        Assert.Equal(before.Entries.Select(entry => (entry.Name, entry.Type, entry.Shape.ToString())).Order(), after.Entries.Select(entry => (entry.Name, entry.Type, entry.Shape.ToString())).Order());
        foreach (var entry in before.Entries) Assert.Equal(before.Load(entry.Name).ToArray<float>(), after.Load(entry.Name).ToArray<float>());
        JsonObject written = Config(folder.File("copy")), original = Config(GoldenFolder.Of(name));
        foreach (var (key, value) in written)
        {
            if (original[key] is { } expected && !(key == "time_step_rank" && name.EndsWith("mamba2", StringComparison.Ordinal))) Assert.Equal(Text(expected), Text(value));
        }

        using var again = ModelFolder.Load(folder.File("copy"));
        Assert.Equal(loaded.Architecture, again.Architecture);
        Assert.Equal(loaded.Model.Configuration.ToJson(), again.Model.Configuration.ToJson());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_kind_of_model_survives_its_folder(string kind)
    {
        using var folder = new TemporaryFolder();
        using var model = new SequenceModel(ModelKinds.Configure(kind, 19, 16, 5, kind == "hybrid" ? 3 : 1), new(4));
        ModelFolder.Save(folder.File("model"), model);
        using var loaded = ModelFolder.Load(folder.File("model"));
        var expected = kind switch { "mamba" or "mamba2" => kind, "hybrid" => "jamba", _ => "statespace" };
        Assert.Equal(expected, loaded.Architecture);
        Assert.Empty(loaded.Unused);
        using var scope = new TensorScope();
        var ids = Tensor.From<int>([3, 1, 4, 1, 5, 9, 2, 6], [1, 8]);
        Assert.Equal(model.Forward(ids).Logits!.ToArray<float>(), loaded.Model.Forward(ids).Logits!.ToArray<float>());
    }

    [Theory]
    [InlineData(StoredType.BrainFloat16, 1e-2, "bfloat16")]
    [InlineData(StoredType.Half, 1e-3, "float16")]
    public void Weights_of_16_bits_load_as_the_nearest_numbers(StoredType type, double tolerance, string name)
    {
        using var folder = new TemporaryFolder();
        using var loaded = ModelFolder.Load(GoldenFolder.Of("seed0/mamba2"));
        ModelFolder.Save(folder.File("half"), loaded.Model, type);
        Assert.Equal(name, (string?)Config(folder.File("half"))["dtype"]);
        using var half = ModelFolder.Load(folder.File("half"));
        foreach (var (parameter, rounded) in loaded.Model.Parameters.Zip(half.Model.Parameters))
        {
            double[] expected = parameter.Value.ToArray<double>(), actual = rounded.Value.ToArray<double>();
            Assert.All(expected.Zip(actual), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, tolerance * Math.Max(1e-3, Math.Abs(pair.First))));
        }
    }

    [Fact]
    public void Fused_experts_load_like_single_ones()
    {
        using var folder = new TemporaryFolder();
        GoldenFolder.Copy("seed0/jamba", folder.File("fused"));
        using var scope = new TensorScope();
        var tensors = Read(folder.File("fused"));
        foreach (var layer in new[] { 1, 3 })
        {
            var prefix = $"model.layers.{layer}.feed_forward.experts";
            Tensor Take(int expert, string map)
            {
                tensors.Remove($"{prefix}.{expert}.{map}_proj.weight", out var value);
                return value!.Unsqueeze(0);
            }

            tensors[$"{prefix}.gate_up_proj"] = Tensor.Concatenate(0, [.. Enumerable.Range(0, 4).Select(e => Tensor.Concatenate(1, Take(e, "gate"), Take(e, "up")))]);
            tensors[$"{prefix}.down_proj"] = Tensor.Concatenate(0, [.. Enumerable.Range(0, 4).Select(e => Take(e, "down"))]);
        }

        Write(folder.File("fused"), tensors);
        using ModelFolder fused = ModelFolder.Load(folder.File("fused")), single = ModelFolder.Load(GoldenFolder.Of("seed0/jamba"));
        Assert.Empty(fused.Unused);
        Assert.All(single.Model.Parameters.Zip(fused.Model.Parameters), pair => Assert.Equal(pair.First.Value.ToArray<float>(), pair.Second.Value.ToArray<float>()));
    }

    [Theory]
    [InlineData("Infinity")]
    [InlineData("\"Infinity\"")]
    [InlineData("{\"__float__\": \"Infinity\"}")]
    [InlineData("1e300")]
    public void An_infinite_step_limit_may_be_written_in_any_way(string limit)
    {
        using var folder = new TemporaryFolder();
        GoldenFolder.Copy("seed0/mamba2", folder.File("m"));
        var path = Path.Combine(folder.File("m"), "config.json");
        var config = Config(folder.File("m"));
        config["time_step_limit"] = "HERE";
        File.WriteAllText(path, config.ToJsonString().Replace("\"HERE\"", $"[0.0, {limit}]", StringComparison.Ordinal));
        using var loaded = ModelFolder.Load(folder.File("m"));
        Assert.True(((Mamba2Settings)loaded.Model.Configuration.Blocks[0].Mixer).LargestDelta >= 1e300);
    }

    [Fact]
    public void Step_limits_are_written_as_numbers_with_a_fraction_as_transformers_demands()
    {
        using var folder = new TemporaryFolder();
        using var model = new SequenceModel(ModelKinds.Configure("mamba2", vocabulary: 7, width: 8, depth: 1), new RandomSource(1));
        ModelFolder.Save(folder.File("m"), model);
        Assert.StartsWith("[0.0,", Config(folder.File("m"))["time_step_limit"]!.ToJsonString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("seed0/mamba", "model_type", "\"llama\"", "'llama' is no architecture")]
    [InlineData("seed0/mamba", "model_type", "null", "'model_type' is missing")]
    [InlineData("seed0/mamba", "hidden_size", "null", "'hidden_size' is missing")]
    [InlineData("seed0/mamba", "hidden_size", "\"wide\"", "'hidden_size' is \"wide\"")]
    [InlineData("seed0/mamba", "hidden_size", "-4", "'hidden_size' is -4")]
    [InlineData("seed0/mamba", "hidden_size", "2000000000", "not possible")]
    [InlineData("seed0/mamba", "hidden_size", "40", "but config.json makes")]
    [InlineData("seed0/mamba", "intermediate_size", "1000000000", "asks for a parameter of")]
    [InlineData("seed0/mamba", "num_hidden_layers", "4", "no tensor 'backbone.layers.3.")]
    [InlineData("seed0/mamba", "num_hidden_layers", "4000", "more parameters than")]
    [InlineData("seed0/mamba", "num_hidden_layers", "4000000000", "'num_hidden_layers' is 4000000000")]
    [InlineData("seed0/mamba", "conv_kernel", "0", "'conv_kernel' is 0")]
    [InlineData("seed0/mamba", "conv_kernel", "65", "taps")]
    [InlineData("seed0/mamba", "hidden_act", "\"gelu\"", "only silu")]
    [InlineData("seed0/mamba", "use_conv_bias", "1", "'use_conv_bias' is 1")]
    [InlineData("seed0/mamba", "use_bias", "true", "in_proj.bias")]
    [InlineData("seed3/mamba", "tie_word_embeddings", "false", "no tensor 'lm_head.weight'")]
    [InlineData("seed0/mamba2", "num_heads", "7", "must be 'expand'")]
    [InlineData("seed0/mamba2", "n_groups", "3", "3 groups")]
    [InlineData("seed0/mamba2", "time_step_limit", "[1, 0]", "'time_step_limit' must be")]
    [InlineData("seed0/mamba2", "time_step_limit", "5", "'time_step_limit' is 5")]
    [InlineData("seed0/jamba", "attn_layer_offset", "2", "must be less than")]
    [InlineData("seed0/jamba", "num_experts_per_tok", "5", "5 of 4 experts")]
    [InlineData("seed0/jamba", "num_key_value_heads", "3", "3 key heads")]
    public void A_configuration_that_does_not_fit_is_refused_in_one_line(string name, string key, string value, string named)
    {
        using var folder = new TemporaryFolder();
        GoldenFolder.Copy(name, folder.File("m"));
        var config = Config(folder.File("m"));
        config[key] = JsonNode.Parse(value);
        File.WriteAllText(Path.Combine(folder.File("m"), "config.json"), config.ToJsonString());
        var message = Assert.Throws<CheckpointException>(() => ModelFolder.Load(folder.File("m"))).Message;
        Assert.Contains(named, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Whatever_a_setting_is_replaced_with_the_model_loads_or_says_in_one_line_why_not(string name)
    {
        using var folder = new TemporaryFolder();
        GoldenFolder.Copy(name, folder.File("m"));
        var text = File.ReadAllText(Path.Combine(folder.File("m"), "config.json"));
        string[] values = ["null", "true", "-1", "0", "1", "3", "2.5", "1e30", "2147483647", "9223372036854775808", "\"auto\"", "\"\"", "[]", "[0, \"Infinity\"]", "{}"];
        foreach (var key in JsonNode.Parse(text)!.AsObject().Select(pair => pair.Key))
        {
            foreach (var value in values)
            {
                var config = JsonNode.Parse(text)!.AsObject();
                config[key] = JsonNode.Parse(value);
                File.WriteAllText(Path.Combine(folder.File("m"), "config.json"), config.ToJsonString());
                try
                {
                    ModelFolder.Load(folder.File("m")).Dispose();
                }
                catch (CheckpointException error)
                {
                    Assert.DoesNotContain('\n', error.Message);
                }
            }
        }
    }

    [Fact]
    public void Weights_in_several_files_are_one_model()
    {
        using var folder = new TemporaryFolder();
        using var single = ModelFolder.Load(GoldenFolder.Of("seed3/mamba2"));
        GoldenFolder.Copy("seed3/mamba2", folder.File("m"));
        WeightFilesWriter.Write(folder.File("m"), Read(GoldenFolder.Of("seed3/mamba2")).Select(pair => (pair.Key, pair.Value)), mostBytes: 100_000);
        Assert.True(Directory.EnumerateFiles(folder.File("m"), "model-*.safetensors").Count() > 2);
        using var sharded = ModelFolder.Load(folder.File("m"));
        Assert.All(single.Model.Parameters.Zip(sharded.Model.Parameters), pair => Assert.Equal(pair.First.Value.ToArray<float>(), pair.Second.Value.ToArray<float>()));
    }

    [Fact]
    public void A_model_saved_without_its_head_has_names_without_their_prefix()
    {
        using var folder = new TemporaryFolder();
        using var scope = new TensorScope();
        GoldenFolder.Copy("seed3/mamba", folder.File("m"));
        Write(folder.File("m"), Read(folder.File("m")).ToDictionary(pair => pair.Key.Replace("backbone.", "", StringComparison.Ordinal).Replace("embeddings.", "embedding.", StringComparison.Ordinal), pair => pair.Value));
        var error = Assert.Throws<CheckpointException>(() => ModelFolder.Load(folder.File("m")));
        Assert.Contains("backbone.embeddings.weight", error.Message, StringComparison.Ordinal);
        GoldenFolder.Copy("seed3/mamba", folder.File("m"));
        Write(folder.File("m"), Read(folder.File("m")).ToDictionary(pair => pair.Key.Replace("backbone.", "", StringComparison.Ordinal), pair => pair.Value));
        using ModelFolder bare = ModelFolder.Load(folder.File("m")), full = ModelFolder.Load(GoldenFolder.Of("seed3/mamba"));
        Assert.Empty(bare.Unused);
        Assert.All(full.Model.Parameters.Zip(bare.Model.Parameters), pair => Assert.Equal(pair.First.Value.ToArray<float>(), pair.Second.Value.ToArray<float>()));
    }

    [Fact]
    public void A_missing_tensor_a_wrong_shape_and_a_wrong_type_are_named()
    {
        using var folder = new TemporaryFolder();
        using var scope = new TensorScope();
        const string Name = "backbone.layers.1.mixer.x_proj.weight";
        foreach (var (value, named) in new (Tensor?, string)[] { (null, "has no tensor"), (Tensor.Zeros([2, 3]), "(2, 3)"), (Tensor.Zeros([35, 96], DType.Int64), "floating-point") })
        {
            GoldenFolder.Copy("seed0/mamba", folder.File("m"));
            var tensors = Read(folder.File("m"));
            tensors.Remove(Name);
            if (value is not null) tensors[Name] = value;
            Write(folder.File("m"), tensors);
            var message = Assert.Throws<CheckpointException>(() => ModelFolder.Load(folder.File("m"))).Message;
            Assert.Contains(Name, message, StringComparison.Ordinal);
            Assert.Contains(named, message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_folder_without_a_model_is_named()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("no such folder", Assert.Throws<CheckpointException>(() => ModelFolder.Load(folder.File("nowhere"))).Message, StringComparison.Ordinal);
        Directory.CreateDirectory(folder.File("empty"));
        Assert.Contains("no config.json", Assert.Throws<CheckpointException>(() => ModelFolder.Load(folder.File("empty"))).Message, StringComparison.Ordinal);
        File.WriteAllText(folder.File("empty/config.json"), "{ nonsense");
        Assert.Contains("not valid JSON", Assert.Throws<CheckpointException>(() => ModelFolder.Load(folder.File("empty"))).Message, StringComparison.Ordinal);
    }

    private static JsonObject Config(string folder) => JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "config.json")))!.AsObject();

    // 2 and 2.0 are one number.
    private static string Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<double>(out var number) ? number.ToString() : node?.ToJsonString().Replace(".0", "", StringComparison.Ordinal) ?? "";

    private static Dictionary<string, Tensor> Read(string folder)
    {
        using var file = SafeTensorsFile.Open(Path.Combine(folder, "model.safetensors"));
        return file.LoadAll().ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal);
    }

    private static void Write(string folder, Dictionary<string, Tensor> tensors) =>
        SafeTensorsWriter.Write(Path.Combine(folder, "model.safetensors"), tensors.Select(pair => (pair.Key, pair.Value)));
}
