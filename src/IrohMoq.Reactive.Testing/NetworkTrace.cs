using System.Security.Cryptography;
using System.Text;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Represents the trace of a network. It has a line for each arrival of a message, each end, and each cut and restored link, with the
/// virtual time and the name of the peer. The line for bytes that arrive on a stream contains the first digits of their SHA-256 hash. Two
/// runs with the same events have the same <see cref="Sha256"/>, even in different processes. This type is thread-safe.
/// </summary>
#pragma warning disable CA1001 // The handle of the hash has a finalizer; a trace that is disposable would be a burden on every test.
public sealed class NetworkTrace
#pragma warning restore CA1001
{
    /// <summary>The maximum number of lines that the trace stores: the last 10,000.</summary>
    public const int MaxLines = 10_000;

    private readonly Lock _gate = new();
    private readonly Queue<string> _lines = new();
    private readonly Func<TimeSpan> _elapsed;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    // Buffers lines that are not hashed yet, because hashing many lines at once is several times as fast.
    private readonly byte[] _bytes = new byte[8192];
    private int _filled;
    private long _count;

    internal NetworkTrace(Func<TimeSpan> elapsed) => _elapsed = elapsed;

    /// <summary>Gets the total number of lines since the start, including those that are no longer stored.</summary>
    public long Count
    {
        get
        {
            lock (_gate)
                return _count;
        }
    }

    /// <summary>
    /// Gets the last lines, at most <see cref="MaxLines"/>, the oldest first. Each line consists of the virtual time, the name of the peer,
    /// and a description of the event.
    /// </summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_gate)
                return [.. _lines];
        }
    }

    /// <summary>
    /// Gets the SHA-256 hash of all lines since the start, as 64 lowercase hexadecimal digits. The hashed text is encoded as UTF-8, and
    /// each line ends with a line feed.
    /// </summary>
    public string Sha256
    {
        get
        {
            lock (_gate)
            {
                Flush();
                return Convert.ToHexStringLower(_hash.GetCurrentHash());
            }
        }
    }

    /// <summary>Gets or sets the action that is called with every line, or null. The lock of the trace is held during the call.</summary>
    internal Action<string>? OnLine { get; set; }

    internal TimeSpan Elapsed => _elapsed();

    /// <summary>Adds a line with the current virtual time.</summary>
    /// <param name="peer">The name of the peer that the line is about.</param>
    /// <param name="what">
    /// The description of the event. It must not contain values that differ between runs, such as a hash code or the real time.
    /// </param>
    public void Add(string peer, string what)
    {
        lock (_gate)
        {
            var line = $"{_elapsed():c} {peer} {what}";
            Hash(line);
            _count++;
            _lines.Enqueue(line);
            if (_lines.Count > MaxLines)
                _lines.Dequeue();
            OnLine?.Invoke(line);
        }
    }

    private void Hash(string line)
    {
        if (Encoding.UTF8.GetMaxByteCount(line.Length) >= _bytes.Length - _filled)
            Flush();
        if (Encoding.UTF8.GetMaxByteCount(line.Length) >= _bytes.Length)
        {
            _hash.AppendData(Encoding.UTF8.GetBytes(line));
            _hash.AppendData("\n"u8);
            return;
        }

        _filled += Encoding.UTF8.GetBytes(line, _bytes.AsSpan(_filled));
        _bytes[_filled++] = (byte)'\n';
    }

    private void Flush()
    {
        _hash.AppendData(_bytes, 0, _filled);
        _filled = 0;
    }
}
