using System.Security.Cryptography;
using System.Text;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// What happened on a network: a line for each arrival, end, cut and heal, with the virtual time and the peer; what arrives on a stream also with the beginning of its bytes' SHA-256.
/// Two runs that did the same, in any two processes, have the same <see cref="Sha256"/>.
/// Every member may be called from any thread.
/// </summary>
#pragma warning disable CA1001 // A hash that is forgotten is freed by its own handle; a trace that had to be disposed would be a burden on every test.
public sealed class NetworkTrace
#pragma warning restore CA1001
{
    /// <summary>How many of the last lines are kept: 10,000.</summary>
    public const int MostLines = 10_000;

    private readonly Lock _gate = new();
    private readonly Queue<string> _lines = new();
    private readonly Func<TimeSpan> _elapsed;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    // Lines on their way into the hash: one call for many is several times as fast.
    private readonly byte[] _bytes = new byte[8192];
    private int _filled;
    private long _count;

    internal NetworkTrace(Func<TimeSpan> elapsed) => _elapsed = elapsed;

    /// <summary>How many lines there were in all.</summary>
    public long Count
    {
        get
        {
            lock (_gate)
                return _count;
        }
    }

    /// <summary>The last lines, at most <see cref="MostLines"/>, the oldest first: elapsed time, peer, what.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_gate)
                return [.. _lines];
        }
    }

    /// <summary>A fingerprint of all lines since the start, 64 lower-case hex digits: the SHA-256 of their UTF-8 text, each with a line feed at its end.</summary>
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

    /// <summary>Gets every line, under the lock; null for nobody.</summary>
    internal Action<string>? OnLine { get; set; }

    internal TimeSpan Elapsed => _elapsed();

    /// <summary>Adds a line of the test's own at the present time.</summary>
    /// <param name="peer">Whom it is about.</param>
    /// <param name="what">What happened. Only what is the same in every run: no object ids, no real times.</param>
    public void Add(string peer, string what)
    {
        lock (_gate)
        {
            var line = $"{_elapsed():c} {peer} {what}";
            Hash(line);
            _count++;
            _lines.Enqueue(line);
            if (_lines.Count > MostLines)
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
