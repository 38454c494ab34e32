using System.Text;
using System.Text.Json;

namespace StateSpace.Training.Checkpointing;

/// <summary>
/// A file of JSON lines that only grows. What <see cref="Append"/> has returned from is on the disk; a process that is killed
/// in the middle of an append leaves a cut last line, which <see cref="Resume"/> removes.
/// </summary>
/// <remarks>One process at a time has the journal open; a second one gets a <see cref="RunFolderException"/>.</remarks>
public sealed class Journal : IDisposable
{
    private const byte LineEnd = (byte)'\n';

    private readonly FileStream _stream;

    private Journal(string path, FileStream stream)
    {
        Path = path;
        _stream = stream;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Bytes of the whole records.</summary>
    public long Length { get; private set; }

    /// <summary>Starts an empty journal; a file of that name is emptied.</summary>
    /// <param name="path">The file; its folder must exist.</param>
    /// <exception cref="RunFolderException">The path cannot be written.</exception>
    public static Journal Create(string path) => Open(path, FileMode.Create);

    /// <summary>Opens a journal to go on with, or starts one where there is none, and removes a cut last line from the file.</summary>
    /// <param name="path">The file; its folder must exist.</param>
    /// <param name="records">Every whole record in order, without its line end.</param>
    /// <exception cref="RunFolderException">The path cannot be read and written, or a line before the last one is not JSON.</exception>
    public static Journal Resume(string path, out IReadOnlyList<JournalRecord> records)
    {
        var journal = Open(path, FileMode.OpenOrCreate);
        try
        {
            records = journal.ReadWholeRecords();
            journal.TruncateTo(records.Count == 0 ? 0 : records[^1].End);
            return journal;
        }
        catch
        {
            journal.Dispose();
            throw;
        }
    }

    /// <summary>Removes everything from byte <paramref name="length"/> on; it must be the end of a record or 0.</summary>
    /// <exception cref="RunFolderException">The file cannot be written.</exception>
    public void TruncateTo(long length)
    {
        Guard(0, () =>
        {
            if (_stream.Length != length)
            {
                _stream.SetLength(length);
                _stream.Flush(flushToDisk: true);
            }

            _stream.Position = length;
        });
        Length = length;
    }

    /// <summary>Appends whole lines in one write and waits until they are on the disk.</summary>
    /// <param name="lines">UTF-8 text of one or more JSON lines, each ended by a line feed.</param>
    /// <exception cref="RunFolderException">The disk is full or the file cannot be written; the journal then holds what it held before.</exception>
    public void Append(ReadOnlySpan<byte> lines)
    {
        if (lines.IsEmpty) return;
        if (lines[^1] != LineEnd) throw new ArgumentException("the last line has no line end", nameof(lines));
        try
        {
            _stream.Write(lines);
            _stream.Flush(flushToDisk: true);
            Length += lines.Length;
        }
        catch (Exception error)
        {
            RemoveCutLine();
            RunFolderException.ThrowIfFileSystem(Path, lines.Length, error);
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    private static Journal Open(string path, FileMode mode)
    {
        try
        {
            // No buffer: a line that could not be written must not be tried again when the stream is closed.
            return new Journal(path, new FileStream(path, mode, FileAccess.ReadWrite, FileShare.None, bufferSize: 0));
        }
        catch (Exception error)
        {
            RunFolderException.ThrowIfFileSystem(path, 4096, error);
            throw;
        }
    }

    private List<JournalRecord> ReadWholeRecords()
    {
        var records = new List<JournalRecord>();
        var content = Array.Empty<byte>();
        Guard(0, () =>
        {
            content = new byte[_stream.Length];
            _stream.Position = 0;
            _stream.ReadExactly(content);
        });
        var start = 0;
        while (content.AsSpan(start).IndexOf(LineEnd) is var length and >= 0)
        {
            var line = content.AsSpan(start, length);
            var end = start + length + 1;
            if (!IsJsonObject(line))
            {
                if (end == content.Length) break;
                throw RunFolderException.Unusable(Path, $"line {records.Count + 1} is damaged; start the run again in another folder");
            }

            records.Add(new JournalRecord(Encoding.UTF8.GetString(line), end));
            start = end;
        }

        return records;
    }

    private static bool IsJsonObject(ReadOnlySpan<byte> line)
    {
        var reader = new Utf8JsonReader(line);
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return false;
            while (reader.Read())
            {
                // Reading to the end is the check.
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private void RemoveCutLine()
    {
        try
        {
            _stream.SetLength(Length);
            _stream.Position = Length;
        }
        catch (IOException)
        {
            // The next Resume removes it.
        }
    }

    private void Guard(long neededBytes, Action action)
    {
        try
        {
            action();
        }
        catch (Exception error)
        {
            RunFolderException.ThrowIfFileSystem(Path, neededBytes, error);
            throw;
        }
    }
}

/// <summary>A whole line of a journal.</summary>
/// <param name="Json">The line without its line end.</param>
/// <param name="End">Byte position after its line end.</param>
public readonly record struct JournalRecord(string Json, long End);
