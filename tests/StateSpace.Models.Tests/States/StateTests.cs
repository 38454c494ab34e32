using StateSpace.Models.Checkpoints;
using StateSpace.Models.States;
using StateSpace.Models.Tests.Checkpoints;
using StateSpace.Tensors;
using StateSpace.Tensors.Autograd;

namespace StateSpace.Models.Tests.States;

public sealed class StateTests
{
    [Fact]
    public void Joined_states_have_prefixed_parts_and_scopes_give_them_back()
    {
        using var scope = new TensorScope();
        var state = Sample();
        Assert.Equal(["layers.0.conv", "layers.0.ssm", "layers.1.keys"], state.Parts.Select(part => part.Name));
        Assert.Equal((3L, 17L), (state.Batch, state.Position));
        Assert.Equal(["conv", "ssm"], state.Scope("layers.0").Parts.Select(part => part.Name));
        Assert.Equal([3L, 2], state["layers.0.conv"].Shape.ToArray());
        Assert.Equal(4L * 3 * (2 + 4 + 10), state.Bytes);
        Assert.Contains("layers.1.keys", Assert.Throws<KeyNotFoundException>(() => state["keys"]).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_flat_state_has_the_same_scopes_as_a_joined_one()
    {
        using var scope = new TensorScope();
        var state = Sample();
        var flat = new State(state.Batch, state.Position, [.. state.Parts]);
        Assert.Equal(["keys"], flat.Scope("layers.1").Parts.Select(part => part.Name));
        Assert.Empty(flat.Scope("layers").Scope("2").Parts);
    }

    [Fact]
    public void A_saved_state_comes_back_with_position_batch_and_the_same_bits()
    {
        using var folder = new TemporaryFolder();
        using var scope = new TensorScope();
        var path = folder.File("state.safetensors");
        var state = Sample();
        state.Save(path);
        var loaded = State.Load(path);
        Assert.Equal((state.Batch, state.Position, state.Bytes), (loaded.Batch, loaded.Position, loaded.Bytes));
        foreach (var (name, value) in state.Parts) Assert.Equal(value.ToArray<float>(), loaded[name].ToArray<float>());
    }

    [Fact]
    public void A_file_that_is_no_state_is_named_as_such()
    {
        using var folder = new TemporaryFolder();
        using var scope = new TensorScope();
        var path = folder.File("weights.safetensors");
        SafeTensorsWriter.Write(path, [("x", Tensor.Zeros([2]))]);
        Assert.Contains("holds no state", Assert.Throws<CheckpointException>(() => State.Load(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_state_file_whose_batch_does_not_fit_its_parts_is_refused()
    {
        using var folder = new TemporaryFolder();
        using var scope = new TensorScope();
        var path = folder.File("state.safetensors");
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal) { ["format"] = "statespace-state-1", ["position"] = "3", ["batch"] = "5" };
        SafeTensorsWriter.Write(path, [("x", Tensor.Zeros([2]))], metadata);
        Assert.Contains("first axis", Assert.Throws<CheckpointException>(() => State.Load(path)).Message, StringComparison.Ordinal);
        metadata["position"] = "-1";
        SafeTensorsWriter.Write(path, [("x", Tensor.Zeros([5]))], metadata);
        Assert.Contains("position", Assert.Throws<CheckpointException>(() => State.Load(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_kept_state_outlives_the_scope_and_others_do_not()
    {
        State kept, lost;
        using (new TensorScope())
        {
            lost = Sample();
            kept = lost.Keep();
        }

        using (kept) Assert.Equal(0, kept["layers.0.conv"].GetValue(0));
        Assert.Throws<ObjectDisposedException>(() => lost["layers.0.conv"].GetValue(0));
    }

    [Fact]
    public void A_fork_shares_memory_and_is_disposed_apart()
    {
        using var scope = new TensorScope();
        var state = Sample();
        var fork = state.Fork();
        state["layers.0.ssm"].Fill(7);
        Assert.Equal(7, fork["layers.0.ssm"].GetValue(5));
        fork.Dispose();
        Assert.Equal(7, state["layers.0.ssm"].GetValue(5));
    }

    [Fact]
    public void Repeating_one_sequence_copies_its_parts()
    {
        using var scope = new TensorScope();
        var state = new State(1, 4, ("x", Tensor.From<float>([1, 2], [1, 2])));
        Assert.Equal([1f, 2, 1, 2, 1, 2], state.Repeat(3)["x"].ToArray<float>());
        Assert.Throws<InvalidOperationException>(() => Sample().Repeat(2));
    }

    [Fact]
    public void Gradients_flow_through_a_fork_and_stop_at_a_detached_state()
    {
        using var scope = new TensorScope();
        using var tape = new Tape();
        var leaf = Tensor.From(2f, 3).WithGradient();
        var state = new State(2, 1, ("x", leaf * 5));
        tape.Backward([(state.Fork()["x"] * 2).Sum() + (state.Detach()["x"] * leaf).Sum()], [Tensor.Ones(Shape.Scalar)]);
        Assert.Equal([20f, 25], leaf.Gradient!.ToArray<float>());
    }

    [Fact]
    public void A_part_must_have_the_batch_as_its_first_axis() =>
        Assert.Contains("first axis", Assert.Throws<ShapeException>(() => new State(2, 0, ("x", Tensor.Zeros([3])))).Message, StringComparison.Ordinal);

    [Fact]
    public void A_history_rolls_back_to_a_kept_position_and_forgets_what_came_after()
    {
        using var history = new StateHistory();
        using (new TensorScope())
        {
            foreach (var position in new long[] { 3, 9, 5, 12 }) history.Add(new State(1, position, ("x", Tensor.Full([1, 4], position))));
        }

        Assert.Equal([3, 5, 9, 12], history.Positions);
        Assert.Equal(64, history.Bytes);
        Assert.Equal(9, history.Before(11)!["x"].GetValue(0));
        Assert.Null(history.Before(2));
        Assert.Equal(5, history.RollBack(5)["x"].GetValue(3));
        Assert.Equal([3, 5], history.Positions);
        Assert.Contains("3, 5", Assert.Throws<ArgumentException>(() => history.RollBack(4)).Message, StringComparison.Ordinal);
        history.ForgetBefore(4);
        Assert.Equal([5], history.Positions);
    }

    private static State Sample() => State.Join(
        3,
        17,
        ("layers.0", new State(3, 17, ("conv", Tensor.Zeros([3, 2])), ("ssm", Tensor.Ones([3, 2, 2])))),
        ("layers.1", new State(3, 17, ("keys", Tensor.Full([3, 10], 0.5)))));
}
