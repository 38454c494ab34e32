using System.Security.Cryptography;
using System.Text;

namespace StateSpace.Training.LanguageModels.Data;

/// <summary>Token ids of a piece of UTF-8 text.</summary>
/// <param name="text">The bytes.</param>
public delegate int[] TokenEncoder(ReadOnlySpan<byte> text);

/// <summary>
/// The text that a language model learns from: the files one after the other, each a document or several, of which the last tenth, by
/// bytes, is held out. The border does not depend on the tokenizer, so that losses per byte can be compared between tokenizers.
/// </summary>
public sealed class TextCorpus
{
    /// <summary>One part in this many is held out.</summary>
    private const int HeldOutPart = 10;

    private TextCorpus(IReadOnlyList<DataFile> files, TokenText training, TokenText heldOut, long heldOutBytes)
    {
        Files = files;
        Training = training;
        HeldOut = heldOut;
        HeldOutBytes = heldOutBytes;
    }

    /// <summary>Where the text came from.</summary>
    public IReadOnlyList<DataFile> Files { get; }

    /// <summary>What is trained on.</summary>
    public TokenText Training { get; }

    /// <summary>
    /// What is never trained on, after the last training token: the context from which the first held-out token is predicted, so that
    /// every held-out byte counts.
    /// </summary>
    public TokenText HeldOut { get; }

    /// <summary>Bytes of the held-out tokens but the first, which is the context.</summary>
    public long HeldOutBytes { get; }

    /// <summary>Reads files and cuts them into training text and held-out tail.</summary>
    /// <param name="paths">Text files.</param>
    /// <param name="encode">The tokenizer.</param>
    /// <param name="separator">Text after which a new document begins (it belongs to the one that it ends), or null: each file is a document.</param>
    /// <param name="length">Tokens of a training window: the training text must be longer.</param>
    /// <exception cref="TrainingInputException">A file is missing, unreadable or empty, or all together are too short or too long.</exception>
    public static TextCorpus Read(IReadOnlyList<string> paths, TokenEncoder encode, string? separator, int length)
    {
        if (paths.Count == 0) throw new TrainingInputException("no text to train on; give files with --data");
        var contents = paths.Select(ReadFile).ToList();
        var total = contents.Sum(content => (long)content.Length);
        if (total > int.MaxValue) throw new TrainingInputException($"the data has {total} bytes in all; at most {int.MaxValue} can be used, give fewer files");

        var border = total - (total / HeldOutPart);
        var mark = separator is null ? [] : Encoding.UTF8.GetBytes(separator);
        var (training, heldOut) = (new Builder(encode), new Builder(encode));
        var (offset, heldOutBytes) = (0L, 0L);
        foreach (var document in contents.SelectMany(content => Documents(content, mark)))
        {
            var cut = CharacterBorder(document.Span, (int)Math.Clamp(border - offset, 0, document.Length));
            training.Add(document.Span[..cut], isStart: true);
            heldOut.Add(document.Span[cut..], isStart: cut == 0);
            heldOutBytes += document.Length - cut;
            offset += document.Length;
        }

        Require(training, heldOut, total, length);
        heldOut.Insert(training.LastId);
        var files = paths.Zip(contents, (path, content) => new DataFile(path, content.Length, Convert.ToHexStringLower(SHA256.HashData(content))));
        return new([.. files], training.ToText(), heldOut.ToText(), heldOutBytes);
    }

    private static void Require(Builder training, Builder heldOut, long bytes, int length)
    {
        if (training.Count > length && heldOut.Count > 0) return;
        throw new TrainingInputException(
            $"the data is too short: {bytes} bytes leave {training.Count} tokens to train on and {heldOut.Count} held out, but a window of {length} tokens "
            + $"needs at least {length + 1} and 1; give more text or a smaller length");
    }

    private static byte[] ReadFile(string path)
    {
        if (Directory.Exists(path)) throw new TrainingInputException($"{path}: is a folder; --data takes text files");
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > int.MaxValue } file) throw new TrainingInputException($"{path}: has {file.Length} bytes; at most {int.MaxValue} can be used");
            var content = File.ReadAllBytes(path);
            return content.Length > 0 ? content : throw new TrainingInputException($"{path}: is empty; give a file with text");
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new TrainingInputException($"{path}: there is no such file");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new TrainingInputException($"{path}: cannot be read: {error.Message.ReplaceLineEndings(" ").TrimEnd('.')}");
        }
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Documents(byte[] content, byte[] mark)
    {
        var start = 0;
        while (start < content.Length)
        {
            var found = mark.Length == 0 ? -1 : content.AsSpan(start).IndexOf(mark);
            var end = found < 0 ? content.Length : start + found + mark.Length;
            yield return content.AsMemory(start, end - start);
            start = end;
        }
    }

    // A character is not cut in two: the bytes 10xxxxxx that follow its first one stay with it.
    private static int CharacterBorder(ReadOnlySpan<byte> text, int cut)
    {
        for (var moved = 0; moved < 3 && cut > 0 && cut < text.Length && (text[cut] & 0xC0) == 0x80; moved++) cut++;
        return cut;
    }

    private sealed class Builder(TokenEncoder encode)
    {
        private readonly List<int> _ids = [];
        private readonly List<int> _starts = [];

        public int Count => _ids.Count;

        public int LastId => _ids[^1];

        public void Add(ReadOnlySpan<byte> text, bool isStart)
        {
            if (text.IsEmpty) return;
            if (isStart) _starts.Add(_ids.Count);
            _ids.AddRange(encode(text));
        }

        /// <summary>Puts a token before all others.</summary>
        public void Insert(int id)
        {
            _ids.Insert(0, id);
            for (var i = 0; i < _starts.Count; i++) _starts[i]++;
        }

        public TokenText ToText() => new([.. _ids], [.. _starts]);
    }
}
