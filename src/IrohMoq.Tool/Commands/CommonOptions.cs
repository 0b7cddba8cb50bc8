using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using System.Text;
using IrohMoq.Reactive;
using IrohMoq.Tool.Output;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace IrohMoq.Tool.Commands;

/// <summary>Defines the options that several commands share: those of the endpoint, and of the track that is published or read.</summary>
internal sealed class CommonOptions
{
    public Option<string> Name { get; } = new("--name") { Description = "The broadcast's name, for example studio/main.", Required = true };

    public Option<string> Track { get; } =
        new("--track") { Description = "The track's name in the broadcast, for example clock.", Required = true };

    public KeyOptions Key { get; } = new();

    public Option<string[]> Bind { get; } = new("--bind")
    {
        Description =
            "IP:PORT of the UDP socket; port 0 takes any free one. May be repeated, for a socket each. Without it: 0.0.0.0:0 and [::]:0.",
    };

    public Option<string[]> Advertise { get; } = new("--advertise")
    {
        Description = "A further address for the ticket, at which this peer can be reached, for example that of the host of a container. "
            + "May be repeated.",
        HelpName = "IP:PORT",
    };

    public Option<CongestionControl?> Congestion { get; } = ChoiceOption.Create(
        "--congestion",
        "The congestion control of the packets that this side sends: cubic (the default), reno or bbr. BBR is not slowed down by random "
        + "loss.",
        ("cubic", CongestionControl.Cubic),
        ("reno", CongestionControl.Reno),
        ("bbr", CongestionControl.Bbr));

    public Option<Transport?> Transport { get; } = ChoiceOption.Create(
        "--transport",
        "iroh (the default), or quic: the QUIC of .NET, for peers that use it as well. Both sides must name the same.",
        ("iroh", Commands.Transport.Iroh),
        ("quic", Commands.Transport.Quic));

    public Option<string[]?> Alpn { get; } = AlpnOption.Create();

    public Option<bool> Json { get; } =
        new("--json") { Description = "One JSON object per line on standard output, and nothing else there." };

    public Option<bool> Verbose { get; } = new("--verbose", "-v") { Description = "Logs to standard error." };

    public void AddTo(Command command)
    {
        AddTrackTo(command);
        AddEndpointTo(command, hasTicket: true);
    }

    /// <summary>Adds the options that name a track.</summary>
    public void AddTrackTo(Command command)
    {
        command.Options.Add(Name);
        command.Options.Add(Track);
    }

    /// <summary>Adds the options of the endpoint and of the output.</summary>
    /// <param name="command">The command.</param>
    /// <param name="hasTicket">True if the command prints a ticket.</param>
    public void AddEndpointTo(Command command, bool hasTicket)
    {
        command.Options.Add(Key.File);
        command.Options.Add(Key.Variable);
        command.Options.Add(Bind);
        if (hasTicket)
            command.Options.Add(Advertise);
        command.Options.Add(Congestion);
        command.Options.Add(Transport);
        command.Options.Add(Alpn);
        command.Options.Add(Json);
        command.Options.Add(Verbose);
    }

    /// <summary>Returns the options of the manager that the command line specifies.</summary>
    public MoqOptions ReadMoqOptions(ParseResult words, ILoggerFactory loggers)
    {
        var options = new MoqOptions { LoggerFactory = loggers };
        return words.GetValue(Alpn) is { Length: > 0 } protocols ? options with { Protocols = protocols } : options;
    }

    /// <summary>Checks the options of a track and of the endpoint, before anything is opened or started.</summary>
    /// <param name="words">The command line.</param>
    /// <param name="files">The files that the command reads or writes, each with its option.</param>
    /// <exception cref="UsageException">An option is wrong.</exception>
    public void Check(ParseResult words, params IEnumerable<(string Option, string? Path)> files)
    {
        CheckTrack(words);
        CheckEndpoint(words, files);
    }

    /// <summary>Checks the options that name a track.</summary>
    /// <exception cref="UsageException">An option is wrong.</exception>
    public void CheckTrack(ParseResult words)
    {
        ParseName("--name", words.GetRequiredValue(Name));
        var track = words.GetRequiredValue(Track);
        if (Encoding.UTF8.GetByteCount(track) > BroadcastPath.MaxBytes)
            throw new UsageException($"--track takes at most {BroadcastPath.MaxBytes} bytes of UTF-8, not '{TerminalText.Escape(track)}'");
    }

    /// <summary>Parses the name of a broadcast.</summary>
    /// <exception cref="UsageException">The text is no name.</exception>
    public static BroadcastPath ParseName(string option, string text) => BroadcastPath.TryParse(text, out var name)
        ? name
        : throw new UsageException(
            $"{option} takes at most {BroadcastPath.MaxSegments} segments and {BroadcastPath.MaxBytes} bytes of UTF-8, not "
            + $"'{TerminalText.Escape(text)}'");

    /// <summary>Checks the options of the endpoint, before anything is opened or started.</summary>
    /// <param name="words">The command line.</param>
    /// <param name="files">The files that the command reads or writes, each with its option.</param>
    /// <exception cref="UsageException">An option is wrong.</exception>
    public void CheckEndpoint(ParseResult words, params IEnumerable<(string Option, string? Path)> files)
    {
        Key.Check(words, files);
        ReadAdvertised(words);
        if (words.GetValue(Transport) == Commands.Transport.Quic)
            ReadQuicOptions(words, NullLoggerFactory.Instance);
        else
            ReadEndpointOptions(words, NullLoggerFactory.Instance);
    }

    /// <summary>Throws an exception if an address for the ticket is given although the command prints no ticket.</summary>
    /// <param name="words">The command line.</param>
    /// <param name="instead">What the command does instead of printing a ticket, for the message.</param>
    /// <exception cref="UsageException">The option <c>--advertise</c> is given.</exception>
    public void RefuseAdvertise(ParseResult words, string instead)
    {
        if (words.GetValue(Advertise) is { Length: > 0 })
            throw new UsageException($"--advertise is for the ticket, and no ticket is printed {instead}");
    }

    /// <summary>Returns the address of an endpoint for its ticket, with the addresses that the command line adds.</summary>
    public EndpointAddr AddressOf(ParseResult words, IEndpoint endpoint) =>
        new(endpoint.Id, [.. endpoint.Address.Addresses, .. ReadAdvertised(words)]);

    /// <summary>Creates an endpoint with the key and the options that the command-line arguments specify.</summary>
    /// <param name="words">The command line.</param>
    /// <param name="loggers">The factory of the endpoint's logger.</param>
    /// <param name="cancellationToken">The token that cancels the operation.</param>
    /// <param name="time">The maximum time to read the key file, or null for no limit.</param>
    /// <param name="handshakeTimeout">The maximum duration of a handshake, or null for the default.</param>
    public async ValueTask<IEndpoint> CreateEndpointAsync(
        ParseResult words,
        ILoggerFactory loggers,
        CancellationToken cancellationToken,
        TimeSpan? time = null,
        TimeSpan? handshakeTimeout = null)
    {
        var isQuic = words.GetValue(Transport) == Commands.Transport.Quic;
        var quicOptions = isQuic ? ReadQuicOptions(words, loggers) : null;
        var options = ReadEndpointOptions(words, loggers);
        if (handshakeTimeout is { } handshake)
        {
            quicOptions = quicOptions is null ? null : quicOptions with { HandshakeTimeout = handshake };
            options = options with { HandshakeTimeout = handshake };
        }

        var key = await Key.LoadAsync(words, time, cancellationToken).ConfigureAwait(false);
        try
        {
            return isQuic
                ? await QuicEndpoint.CreateAsync(key, quicOptions, cancellationToken).ConfigureAwait(false)
                : await IrohEndpoint.CreateAsync(key, options, cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException failure)
        {
            var bound = words.GetValue(Bind) is { Length: > 0 } bind ? $"--bind {string.Join(" --bind ", bind)}" : "the default addresses";
            throw new IOException($"cannot bind a UDP socket to {bound}: {Advice(failure)}", failure);
        }
    }

    /// <summary>Returns the options of the endpoint that the command-line arguments specify.</summary>
    public IrohEndpointOptions ReadEndpointOptions(ParseResult words, ILoggerFactory loggers)
    {
        var options = new IrohEndpointOptions { LoggerFactory = loggers, CongestionControl = words.GetValue(Congestion) ?? default };
        return words.GetValue(Bind) is { Length: > 0 } bind
            ? options with { BindAddresses = [.. bind.Select(static text => Addresses.ParseIp("--bind", text))] }
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
            [var address] => options with { BindAddress = Addresses.ParseIp("--bind", address) },
            _ => throw new UsageException("--bind may not be repeated with --transport quic"),
        };
    }

    private IEnumerable<IPEndPoint> ReadAdvertised(ParseResult words) =>
        [.. (words.GetValue(Advertise) ?? []).Select(static text => Addresses.ParseDialable("--advertise", text))];

    private static string Advice(SocketException failure) => failure.SocketErrorCode switch
    {
        SocketError.AddressAlreadyInUse => "the port is in use by another program; choose another, or port 0 for any free one",
        SocketError.AddressNotAvailable => "the machine has no such address; 0.0.0.0:0 and [::]:0 stand for all that it has",
        SocketError.AccessDenied => "the user may not use this port; choose one above 1023",
        _ => failure.Message,
    };
}
