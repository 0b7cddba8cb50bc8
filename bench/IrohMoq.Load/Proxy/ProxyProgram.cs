using System.Runtime.InteropServices;

namespace IrohMoq.Load;

/// <summary>
/// Runs the UDP proxy as a process, until it is interrupted: <c>proxy LISTEN TARGET [loss=PERCENT] [delay=MS] ...</c>. Prints "listening",
/// and at the end one JSON line for each direction. <see cref="ProxyOptions"/> describes the options.
/// </summary>
internal static class ProxyProgram
{
    public static int Run(string listen, string target, IReadOnlyList<string> words)
    {
        ProxyOptions options;
        try
        {
            options = ProxyOptions.Parse(listen, target, words);
        }
        catch (FormatException wrong)
        {
            Console.Error.WriteLine($"proxy: {wrong.Message}");
            return 2;
        }

        using var stop = new CancellationTokenSource();
        using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var proxy = new UdpProxy(options);
        Console.WriteLine("listening");
        proxy.Run(stop.Token);
        Console.WriteLine(proxy.ToListener.Counts.ToJson("to-listener"));
        Console.WriteLine(proxy.ToDialer.Counts.ToJson("to-dialer"));
        return 0;

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.Cancel();
        }
    }
}
