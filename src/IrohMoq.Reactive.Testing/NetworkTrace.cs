using System.Security.Cryptography;
using System.Text;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// What happened on a network: a line for each arrival, end, cut and heal, with the virtual time and the peer; what arrives on a stream also with the beginning of its bytes' SHA-256.
/// Two runs that did the same, in any two processes, have the same <see cref="Sha256"/>.
/// Every member may be called from any thread.
/// </summary>
public sealed class NetworkTrace
{
    /// <summary>How many of the last lines are kept: 10,000.</summary>
    public const int MostLines = 10_000;

    private readonly Lock _gate = new();
    private readonly Queue<string> _lines = new();
    private readonly Func<TimeSpan> _elapsed;
    private byte[] _hash = new byte[SHA256.HashSizeInBytes];
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

    /// <summary>A fingerprint of all lines since the start, 64 lower-case hex digits: each line is hashed with the fingerprint of those before it.</summary>
    public string Sha256
    {
        get
        {
            lock (_gate)
                return Convert.ToHexStringLower(_hash);
        }
    }

    /// <summary>Adds a line of the test's own at the present time.</summary>
    /// <param name="peer">Whom it is about.</param>
    /// <param name="what">What happened. Only what is the same in every run: no object ids, no real times.</param>
    public void Add(string peer, string what)
    {
        lock (_gate)
        {
            var line = $"{_elapsed():c} {peer} {what}";
            _hash = SHA256.HashData([.. _hash, .. Encoding.UTF8.GetBytes(line)]);
            _count++;
            _lines.Enqueue(line);
            if (_lines.Count > MostLines)
                _lines.Dequeue();
        }
    }
}
