using System.Security.Cryptography;
using System.Text;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// The trace of a network: a line for each arrival, end, cut and heal, with the virtual time and the peer. The line of bytes that arrive on
/// a stream has the beginning of their SHA-256. Two runs in which the same has happened, in any two processes, have the same
/// <see cref="Sha256"/>. This type is thread-safe.
/// </summary>
#pragma warning disable CA1001 // The handle of the hash has a finalizer; a trace that is disposable would be a burden on every test.
public sealed class NetworkTrace
#pragma warning restore CA1001
{
    /// <summary>The number of the last lines that are kept: 10,000.</summary>
    public const int MaxLines = 10_000;

    private readonly Lock _gate = new();
    private readonly Queue<string> _lines = new();
    private readonly Func<TimeSpan> _elapsed;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    // Lines that are not hashed yet: to hash many at once is several times as fast.
    private readonly byte[] _bytes = new byte[8192];
    private int _filled;
    private long _count;

    internal NetworkTrace(Func<TimeSpan> elapsed) => _elapsed = elapsed;

    /// <summary>Gets the number of all lines since the start.</summary>
    public long Count
    {
        get
        {
            lock (_gate)
                return _count;
        }
    }

    /// <summary>
    /// Gets the last lines, at most <see cref="MaxLines"/>, the oldest first. A line is the virtual time, the peer, and what happened.
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
    /// Gets the hash of all lines since the start as 64 lower-case hex digits: the SHA-256 of their UTF-8 text, each with a line feed at
    /// its end.
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

    /// <summary>Gets or sets what receives every line, called under the lock; null for nothing.</summary>
    internal Action<string>? OnLine { get; set; }

    internal TimeSpan Elapsed => _elapsed();

    /// <summary>Adds a line at the present virtual time.</summary>
    /// <param name="peer">The name of the peer that the line is about.</param>
    /// <param name="what">What happened. It has nothing that differs between runs, such as a hash code or the real time.</param>
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
