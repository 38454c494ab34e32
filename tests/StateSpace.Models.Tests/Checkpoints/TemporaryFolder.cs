using System.Buffers.Binary;
using System.Text;

namespace StateSpace.Models.Tests.Checkpoints;

/// <summary>A folder for one test, and files in it that no writer of ours would write.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("statespace-").FullName;

    public string File(string name) => Path.Combine(_folder, name);

    /// <summary>A file of a header, whose length is stated correctly, and data.</summary>
    public string WithHeader(string json, params byte[] data) => WithBytes(Bytes(json, data));

    public string WithBytes(byte[] content)
    {
        var path = File("raw.safetensors");
        System.IO.File.WriteAllBytes(path, content);
        return path;
    }

    public static byte[] Bytes(string json, params byte[] data)
    {
        var header = Encoding.UTF8.GetBytes(json);
        var prefix = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, header.Length);
        return [.. prefix, .. header, .. data];
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
