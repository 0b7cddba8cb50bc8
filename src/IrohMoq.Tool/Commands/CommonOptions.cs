using System.CommandLine;
using System.Net;
using IrohMoq.Reactive;
using Microsoft.Extensions.Logging;

namespace IrohMoq.Tool.Commands;

/// <summary>Defines the options that the commands publish and subscribe share.</summary>
internal sealed class CommonOptions
{
    public Option<string> Name { get; } = new("--name") { Description = "The broadcast's name, for example studio/main.", Required = true };

    public Option<string> Track { get; } =
        new("--track") { Description = "The track's name in the broadcast, for example clock.", Required = true };

    public Option<string?> SecretKeyFile { get; } = new("--secret-key")
    {
        Description = "The key file; created if it is missing. Without it the peer has a fresh identity at each start.",
    };

    public Option<string[]> Bind { get; } = new("--bind")
    {
        Description =
            "IP:PORT of the UDP socket; port 0 takes any free one. May be repeated, for a socket each. Without it: 0.0.0.0:0 and [::]:0.",
    };

    public Option<CongestionControl> Congestion { get; } = CreateCongestion();

    public Option<Transport> Transport { get; } = CreateTransport();

    public Option<bool> Json { get; } =
        new("--json") { Description = "One JSON object per line on standard output, and nothing else there." };

    public Option<bool> Verbose { get; } = new("--verbose", "-v") { Description = "Logs to standard error." };

    public void AddTo(Command command)
    {
        command.Options.Add(Name);
        command.Options.Add(Track);
        command.Options.Add(SecretKeyFile);
        command.Options.Add(Bind);
        command.Options.Add(Congestion);
        command.Options.Add(Transport);
        command.Options.Add(Json);
        command.Options.Add(Verbose);
    }

    /// <summary>Creates an endpoint with the key and the options that the command-line arguments specify.</summary>
    public async ValueTask<IEndpoint> CreateEndpointAsync(ParseResult words, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var isQuic = words.GetValue(Transport) == Commands.Transport.Quic;
        var quicOptions = isQuic ? ReadQuicOptions(words, loggers) : null;
        var options = ReadEndpointOptions(words, loggers);
        var key = words.GetValue(SecretKeyFile) is { } file ? SecretKey.LoadOrCreate(file) : SecretKey.Generate();
        if (isQuic)
            return await QuicEndpoint.CreateAsync(key, quicOptions, cancellationToken).ConfigureAwait(false);
        return await IrohEndpoint.CreateAsync(key, options, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Returns the options of the endpoint that the command-line arguments specify.</summary>
    public IrohEndpointOptions ReadEndpointOptions(ParseResult words, ILoggerFactory loggers)
    {
        var options = new IrohEndpointOptions { LoggerFactory = loggers, CongestionControl = words.GetValue(Congestion) };
        return words.GetValue(Bind) is { Length: > 0 } bind
            ? options with { BindAddresses = [.. bind.Select(static text => ParseAddress("--bind", text))] }
            : options;
    }

    /// <summary>Returns the options of an endpoint on System.Net.Quic that the command-line arguments specify.</summary>
    public QuicEndpointOptions ReadQuicOptions(ParseResult words, ILoggerFactory loggers)
    {
        if (words.GetResult(Congestion) is { Implicit: false })
            throw new UsageException("--congestion is an option of --transport iroh only");
        var options = new QuicEndpointOptions { LoggerFactory = loggers };
        return words.GetValue(Bind) switch
        {
            null or [] => options,
            [var address] => options with { BindAddress = ParseAddress("--bind", address) },
            _ => throw new UsageException("--bind may not be repeated with --transport quic"),
        };
    }

    public static IPEndPoint ParseAddress(string option, string text)
    {
        // IPEndPoint.TryParse alone is too lenient: it accepts "1" as an address, and the port is optional.
        if (text.Contains(':', StringComparison.Ordinal) && IPEndPoint.TryParse(text, out var address))
            return address;
        throw new UsageException($"{option} takes IP:PORT, for example 127.0.0.1:4433 or [::1]:4433, not '{text}'");
    }

    private static Option<Transport> CreateTransport()
    {
        var option = new Option<Transport>("--transport")
        {
            Description = "iroh (the default), or quic: the QUIC of .NET, for peers that use it as well. Both sides must name the same.",
            HelpName = "iroh|quic",
        };
        // Without this, every number would be accepted.
        option.AcceptOnlyFromAmong("iroh", "quic");
        return option;
    }

    private static Option<CongestionControl> CreateCongestion()
    {
        var option = new Option<CongestionControl>("--congestion")
        {
            Description = "The congestion control of the packets that this side sends: cubic (the default), reno or bbr. BBR is not slowed "
                + "down by random loss.",
            HelpName = "cubic|reno|bbr",
        };
        // Without this, every enumeration value and every number would be accepted.
        option.AcceptOnlyFromAmong("cubic", "reno", "bbr");
        return option;
    }
}
