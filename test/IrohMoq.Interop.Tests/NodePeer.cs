using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace IrohMoq.Interop.Tests;

/// <summary>
/// Controls a real moq-lite peer over real iroh in a child process (test/interop/peer.mjs): commands and events are lines of JSON. A test
/// that starts one is skipped where Node or its packages are missing, and fails there when the environment has <c>CI=true</c>.
/// </summary>
internal sealed class NodePeer : IAsyncDisposable
{
    private static readonly TimeSpan ExpectLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LeaveLimit = TimeSpan.FromSeconds(5);
    private const int LogLimit = 16 * 1024;

    private readonly Lock _lock = new();
    private readonly List<NodeEvent> _events = [];
    private readonly List<Waiter> _waiters = [];
    private readonly StringBuilder _log = new();
    private readonly Process _process;
    private readonly string _name;
    private readonly Task _reading;
    private bool _ended;

    private sealed record Waiter(Func<NodeEvent, bool> Fits, TaskCompletionSource<NodeEvent> Result);

    private NodePeer(string name, Process process)
    {
        _name = name;
        _process = process;
        _reading = Task.WhenAll(ReadEventsAsync(), ReadLogAsync());
    }

    /// <summary>Starts a peer.</summary>
    /// <param name="name">What failure messages call the peer.</param>
    /// <param name="protocol">The version of moq-lite that it speaks, unless a command names another.</param>
    public static NodePeer Start(string name, string protocol = "moq-lite-03")
    {
        var (node, folder) = NodeInstallation.Require();
        var start = new ProcessStartInfo(node, ["peer.mjs"])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        start.Environment["MOQ_ALPN"] = protocol;
        return new NodePeer(name, Process.Start(start) ?? throw new AssertionException($"{node} did not start."));
    }

    /// <summary>Sends a command, such as <c>new { cmd = "watch", prefix = "room" }</c>.</summary>
    public async Task SendAsync(object command, CancellationToken cancellationToken)
    {
        try
        {
            await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(command).AsMemory(), cancellationToken);
            await _process.StandardInput.FlushAsync(cancellationToken);
        }
        catch (IOException error)
        {
            throw new AssertionException(Describe($"takes no more commands: {error.Message}"), error);
        }
    }

    /// <summary>
    /// Removes and returns the first event with a name that meets the condition, present or future; other events stay for other calls. It
    /// fails with all events and logs of the peer if no such event comes within the limit (10 s by default) or the peer has ended.
    /// </summary>
    public async Task<NodeEvent> ExpectAsync(
        string name, CancellationToken cancellationToken, Func<NodeEvent, bool>? where = null, TimeSpan? limit = null)
    {
        var waiter = new Waiter(
            e => e.Name == name && (where is null || where(e)),
            new TaskCompletionSource<NodeEvent>(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (_lock)
        {
            var index = _events.FindIndex(e => waiter.Fits(e));
            if (index >= 0)
            {
                var found = _events[index];
                _events.RemoveAt(index);
                return found;
            }

            if (_ended) throw new AssertionException(Describe($"has ended, and has sent no '{name}'"));
            _waiters.Add(waiter);
        }

        try
        {
            return await waiter.Result.Task.WaitAsync(limit ?? ExpectLimit, cancellationToken);
        }
        catch (Exception error) when (error is TimeoutException or OperationCanceledException)
        {
            lock (_lock) _waiters.Remove(waiter);
            throw new AssertionException(Describe($"sent no '{name}' in time"), error);
        }
    }

    /// <summary>Sends a command and returns the event that answers it.</summary>
    public async Task<NodeEvent> AskAsync(object command, string name, CancellationToken cancellationToken, TimeSpan? limit = null)
    {
        await SendAsync(command, cancellationToken);
        return await ExpectAsync(name, cancellationToken, limit: limit);
    }

    /// <summary>
    /// Returns the events with a name that have come and that no call has returned. Tests use it for events that must not happen.
    /// </summary>
    public IReadOnlyList<NodeEvent> Untaken(string name)
    {
        lock (_lock) return [.. _events.Where(e => e.Name == name)];
    }

    /// <summary>Ends the process without any packet to its peers, as a loss of power does.</summary>
    public void Kill()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
    }

    /// <summary>Makes the peer close its connections with code 0 and end. Returns its exit code.</summary>
    public async Task<int> LeaveAsync(CancellationToken cancellationToken)
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync(cancellationToken).WaitAsync(LeaveLimit, cancellationToken);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        Kill();
        await _process.WaitForExitAsync();
        await _reading;
        _process.Dispose();
    }

    private async Task ReadEventsAsync()
    {
        try
        {
            while (await _process.StandardOutput.ReadLineAsync() is { } line)
            {
                using var document = JsonDocument.Parse(line);
                Deliver(new NodeEvent(document.RootElement.Clone()));
            }
        }
        finally
        {
            End();
        }
    }

    private void End()
    {
        Waiter[] waiters;
        lock (_lock)
        {
            _ended = true;
            waiters = [.. _waiters];
            _waiters.Clear();
        }

        foreach (var waiter in waiters)
            waiter.Result.TrySetException(new AssertionException(Describe("ended before it sent the expected event")));
    }

    private void Deliver(NodeEvent e)
    {
        Waiter? waiter;
        lock (_lock)
        {
            waiter = _waiters.Find(w => w.Fits(e));
            if (waiter is null) _events.Add(e);
            else _waiters.Remove(waiter);
        }

        waiter?.Result.TrySetResult(e);
    }

    private async Task ReadLogAsync()
    {
        while (await _process.StandardError.ReadLineAsync() is { } line)
        {
            lock (_lock)
            {
                _log.AppendLine(line);
                if (_log.Length > LogLimit) _log.Remove(0, _log.Length - LogLimit);
            }
        }
    }

    private string Describe(string problem)
    {
        lock (_lock)
        {
            var events = string.Concat(_events.Select(e => $"{Environment.NewLine}  {e}"));
            return $"The Node peer '{_name}' {problem}. Events not taken:{events}{Environment.NewLine}Its log:{Environment.NewLine}{_log}";
        }
    }
}
