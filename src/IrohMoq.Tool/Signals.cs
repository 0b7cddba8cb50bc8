using System.Globalization;
using System.Runtime.InteropServices;
using IrohMoq.Tool.Streams;

namespace IrohMoq.Tool;

/// <summary>
/// Converts the first signal that asks the process to end to a cancellation. A second signal ends the process at once, and so does a
/// command that has not ended within a second after the first, whatever blocks it.
/// </summary>
internal sealed class Signals : IDisposable
{
    private const int SignalBase = 128;
    private const string StatusFile = "/proc/self/status";

    // Together, the times are less than a second.
    private static readonly TimeSpan CommandTime = TimeSpan.FromMilliseconds(800);
    private static readonly TimeSpan LinesTime = TimeSpan.FromMilliseconds(100);

    private readonly CancellationTokenSource _stop = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly CancellationTokenRegistration _onBroken;
    private int _received;

    public Signals()
    {
        foreach (var (signal, number) in ((PosixSignal, int)[])
            [(PosixSignal.SIGHUP, 1), (PosixSignal.SIGINT, 2), (PosixSignal.SIGQUIT, 3), (PosixSignal.SIGTERM, 15)])
        {
            if (!IsIgnored(number, StatusFile))
                _registrations.Add(PosixSignalRegistration.Create(signal, context => Receive(context, number)));
        }

        // Whoever reads the output is gone, so there is nothing left to do.
        _onBroken = StandardStreams.Output.Broken.Register(() =>
        {
            Console.Error.WriteLine($"moq: {StandardStreams.Output.Failure?.Message}");
            Stop(ExitCode.Failed);
        });
    }

    /// <summary>Gets the token that is canceled when the command has to end.</summary>
    public CancellationToken Token => _stop.Token;

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
        _onBroken.Dispose();
        _stop.Dispose();
    }

    private void Receive(PosixSignalContext context, int number)
    {
        context.Cancel = true;
        if (Interlocked.Exchange(ref _received, 1) != 0)
            Posix.Exit(SignalBase + number);
        Stop(ExitCode.Interrupted);
    }

    private void Stop(int code)
    {
        new Thread(() =>
        {
            Thread.Sleep(CommandTime);
            StandardStreams.FinishLines(LinesTime);
            Posix.Exit(code);
        }) { IsBackground = true, Name = "limit of the end" }.Start();
        _stop.Cancel();
    }

    /// <summary>
    /// Determines whether the parent ignores a signal for this process, as nohup does. Without the status file, which a sandbox may lack,
    /// the result is false.
    /// </summary>
    internal static bool IsIgnored(int number, string statusFile)
    {
        const string Field = "SigIgn:";
        try
        {
            var line = File.ReadLines(statusFile).FirstOrDefault(static line => line.StartsWith(Field, StringComparison.Ordinal));
            return ulong.TryParse(line?[Field.Length..].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var mask)
                && (mask >> (number - 1) & 1) != 0;
        }
        catch (Exception missing) when (missing is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
