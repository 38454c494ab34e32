using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using StateSpace.Training.Checkpointing;

namespace StateSpace.Studies;

/// <summary>
/// The journal of a run, <c>metrics.jsonl</c>: for every job in plan order its metric lines {"job": id, …} and one line
/// {"job": id, "result": …}. A job goes in when all earlier jobs are in, in one append, so that the file's bytes depend on
/// the plan alone and not on which job ended first.
/// </summary>
internal sealed class JobJournal : IDisposable
{
    private const string JobKey = "job";
    private const string ResultKey = "result";

    // NaN and infinities are written as the texts "NaN", "Infinity" and "-Infinity".
    private static readonly JsonSerializerOptions NodeOptions = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };
    private static readonly JsonWriterOptions LineOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Lock _gate = new();
    private readonly Lock _file = new();
    private readonly Journal _journal;
    private readonly StudyProgress _progress;
    private readonly byte[]?[] _waiting;
    private int _next;
    private bool _writing;
    private bool _closed;

    private JobJournal(Journal journal, StudyProgress progress)
    {
        _journal = journal;
        _progress = progress;
        _waiting = new byte[progress.Jobs.Count][];
    }

    /// <summary>The outcomes that are in, by job id, as they read from the file.</summary>
    public Dictionary<string, JsonNode> Outcomes { get; } = new(StringComparer.Ordinal);

    /// <summary>Opens the journal and reads what is there; what a killed process left of an unfinished job is removed.</summary>
    /// <exception cref="RunFolderException">The file cannot be used, or is of another plan.</exception>
    public static JobJournal Open(string path, StudyProgress progress)
    {
        var journal = Journal.Resume(path, out var records);
        try
        {
            var jobs = new JobJournal(journal, progress);
            jobs.Replay(records);
            return jobs;
        }
        catch
        {
            journal.Dispose();
            throw;
        }
    }

    /// <summary>Takes the outcome of job number <paramref name="index"/>; any thread may call.</summary>
    /// <remarks>
    /// One caller at a time writes what is ready, also what others bring meanwhile, so that many short jobs share the wait for
    /// the disk. After a failed write nothing is written any more.
    /// </remarks>
    /// <exception cref="RunFolderException">The file cannot be written.</exception>
    public void Add(int index, JobOutcome outcome)
    {
        var lines = Write(_progress.Jobs[index].Job.Id, outcome);
        lock (_gate)
        {
            _waiting[index] = lines;
            if (_writing) return;
            _writing = true;
        }

        while (TakeReady() is { } ready) Append(ready);
    }

    /// <summary>Closes the file; outcomes that come later are left out.</summary>
    public void Dispose()
    {
        lock (_file)
        {
            _closed = true;
            _journal.Dispose();
        }
    }

    private List<byte[]>? TakeReady()
    {
        lock (_gate)
        {
            var ready = _waiting.Skip(_next).TakeWhile(lines => lines is not null).OfType<byte[]>().ToList();
            if (ready.Count > 0) return ready;
            _writing = false;
            return null;
        }
    }

    private void Append(List<byte[]> ready)
    {
        lock (_file)
        {
            // Without the file nothing is ready ever again: the run was stopped.
            if (_closed) throw new OperationCanceledException();
            try
            {
                var all = new ArrayBufferWriter<byte>(ready.Sum(lines => lines.Length));
                foreach (var lines in ready) all.Write(lines);
                _journal.Append(all.WrittenSpan);
            }
            catch (RunFolderException error) when (error.DiskFull)
            {
                throw RunFolderException.OutOfSpace(_journal.Path, EstimateRest(), error);
            }
        }

        foreach (var lines in ready)
        {
            MarkSaved(_next, ReadResult(lines));
            lock (_gate) _waiting[_next++] = null;
        }
    }

    private static byte[] Write(string id, JobOutcome outcome)
    {
        var buffer = new ArrayBufferWriter<byte>();
        foreach (var metric in outcome.Metrics)
        {
            if (metric.ContainsKey(JobKey) || metric.ContainsKey(ResultKey))
                throw new InvalidOperationException($"a metric of job {id} uses the reserved name '{JobKey}' or '{ResultKey}'");
            WriteLine(buffer, id, writer =>
            {
                foreach (var (name, value) in metric)
                {
                    writer.WritePropertyName(name);
                    WriteNode(writer, value);
                }
            });
        }

        WriteLine(buffer, id, writer =>
        {
            writer.WritePropertyName(ResultKey);
            WriteNode(writer, outcome.Result);
        });
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteLine(ArrayBufferWriter<byte> buffer, string id, Action<Utf8JsonWriter> write)
    {
        using (var writer = new Utf8JsonWriter(buffer, LineOptions))
        {
            writer.WriteStartObject();
            writer.WriteString(JobKey, id);
            write(writer);
            writer.WriteEndObject();
        }

        buffer.Write("\n"u8);
    }

    private static void WriteNode(Utf8JsonWriter writer, JsonNode? node)
    {
        if (node is null) writer.WriteNullValue();
        else node.WriteTo(writer, NodeOptions);
    }

    // The conclusion always reads what the file says, so that a resumed run sees the same values as one never interrupted.
    private static JsonNode ReadResult(ReadOnlySpan<byte> lines)
    {
        var last = lines[..^1];
        last = last[(last.LastIndexOf((byte)'\n') + 1)..];
        return JsonNode.Parse(last)![ResultKey]!;
    }

    private void Replay(IReadOnlyList<JournalRecord> records)
    {
        var end = 0L;
        for (var line = 0; line < records.Count; line++)
        {
            var record = JsonNode.Parse(records[line].Json)!.AsObject();
            var id = record[JobKey] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
            var expected = _next < _progress.Jobs.Count ? _progress.Jobs[_next].Job.Id : null;
            if (id is null || id != expected)
            {
                throw RunFolderException.Unusable(
                    _journal.Path,
                    $"line {line + 1} is of job {id ?? "(none)"} where the plan has {expected ?? "no more jobs"}; start the run again in another folder");
            }

            if (!record.ContainsKey(ResultKey)) continue;
            _progress.Jobs[_next].State = JobState.Restored;
            MarkSaved(_next, record[ResultKey]!);
            end = records[line].End;
            _next++;
        }

        _journal.TruncateTo(end);
    }

    private void MarkSaved(int index, JsonNode result)
    {
        Outcomes[_progress.Jobs[index].Job.Id] = result;
        _progress.Jobs[index].IsSaved = true;
    }

    // Bytes that the rest of the run will take: what waits, and for every other job the mean of those that are known.
    private long EstimateRest()
    {
        lock (_gate)
        {
            var waiting = _waiting.OfType<byte[]>().ToList();
            var bytes = waiting.Sum(lines => (long)lines.Length);
            var known = _next + waiting.Count;
            var mean = (double)(_journal.Length + bytes) / Math.Max(1, known);

            // Twice, because the results, tables and report repeat what the journal holds.
            return (2 * (bytes + (long)(mean * (_waiting.Length - known)))) + (256 << 10);
        }
    }
}
