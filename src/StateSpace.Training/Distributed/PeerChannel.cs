using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace StateSpace.Training.Distributed;

/// <summary>A connection to another process that carries blocks of bytes, each behind its length.</summary>
internal sealed class PeerChannel : IDisposable
{
    private const int LongestText = 1 << 16;

    private readonly Socket _socket;
    private readonly NetworkStream _stream;

    public PeerChannel(Socket socket)
    {
        socket.NoDelay = true;
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>Time after which a read or write that makes no progress fails; none where infinite.</summary>
    public TimeSpan Timeout
    {
        set => _stream.ReadTimeout = _stream.WriteTimeout = value == System.Threading.Timeout.InfiniteTimeSpan ? System.Threading.Timeout.Infinite : (int)value.TotalMilliseconds;
    }

    public void Send(ReadOnlySpan<byte> bytes)
    {
        Span<byte> length = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(length, bytes.Length);
        _stream.Write(length);
        _stream.Write(bytes);
    }

    public void SendText(string text) => Send(Encoding.UTF8.GetBytes(text));

    /// <summary>Receives a block of a length that is known.</summary>
    /// <exception cref="IOException">The connection broke, or the block has another length.</exception>
    public void Receive(Span<byte> bytes)
    {
        var length = ReadLength();
        if (length != bytes.Length) throw new IOException($"received a block of {length} bytes where {bytes.Length} were due");
        _stream.ReadExactly(bytes);
    }

    /// <summary>Receives a block of any length up to <paramref name="most"/>.</summary>
    /// <exception cref="IOException">The connection broke, or the block is longer.</exception>
    public byte[] Receive(int most = LongestText)
    {
        var length = ReadLength();
        if (length < 0 || length > most) throw new IOException($"received a block of {length} bytes; that is no process of this program");
        var bytes = new byte[length];
        _stream.ReadExactly(bytes);
        return bytes;
    }

    public string ReceiveText(int most = LongestText) => Encoding.UTF8.GetString(Receive(most));

    public void Dispose()
    {
        // A reader that waits in another thread is woken by the shutdown, not by the close.
        try
        {
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // It is closed already.
        }

        _stream.Dispose();
    }

    private long ReadLength()
    {
        Span<byte> length = stackalloc byte[sizeof(long)];
        _stream.ReadExactly(length);
        return BinaryPrimitives.ReadInt64LittleEndian(length);
    }
}
