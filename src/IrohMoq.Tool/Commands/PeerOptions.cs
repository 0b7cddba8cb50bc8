using System.CommandLine;
using IrohMoq.Reactive;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Commands;

/// <summary>Represents the peer that a command line names: an id, its known addresses, and hosts whose addresses are looked up.</summary>
internal sealed record Peer(EndpointId Id, EndpointAddr Known, IReadOnlyList<(string Host, int Port)> Hosts)
{
    /// <summary>Gets the path at the peer, or null for the default one.</summary>
    public SessionRequest? Request { get; init; }

    /// <summary>Dials the peer, at the addresses that its hosts have now.</summary>
    /// <exception cref="UnresolvedHostException">A host has no address.</exception>
    /// <exception cref="MoqException">The dial has failed.</exception>
    public async Task<MoqSession> ConnectAsync(Moq moq, CancellationToken cancellationToken)
    {
        var address = await ResolveAsync(cancellationToken).ConfigureAwait(false);
        return Request is { } request
            ? await moq.ConnectAsync(address, request, cancellationToken).ConfigureAwait(false)
            : await moq.ConnectAsync(address, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Returns the peer with the addresses of its hosts.</summary>
    /// <exception cref="UnresolvedHostException">A host has no address.</exception>
    public async Task<EndpointAddr> ResolveAsync(CancellationToken cancellationToken)
    {
        if (Hosts.Count == 0)
            return Known;
        List<System.Net.IPEndPoint> addresses = [];
        foreach (var (host, port) in Hosts)
            addresses.AddRange(await Addresses.ResolveAsync("--addr", host, port, cancellationToken).ConfigureAwait(false));
        return new EndpointAddr(Id, [.. addresses]);
    }
}

/// <summary>Defines the options that name a peer by its id and addresses instead of a ticket.</summary>
internal sealed class PeerOptions
{
    public Option<string?> Id { get; } = new("--id") { Description = "The peer's endpoint id, instead of a ticket.", HelpName = "ID" };

    public Option<string[]> Addr { get; } = new("--addr")
    {
        Description = "An address of the peer, together with --id: an IP address or a name. May be repeated.",
        HelpName = "HOST:PORT",
    };

    public Option<string?> Path { get; } = new("--path")
    {
        Description = "The path at the peer, with a query if it needs one, as in a URI: /room?token=abc.",
        HelpName = "PATH",
    };

    public void AddTo(Command command)
    {
        command.Options.Add(Id);
        command.Options.Add(Addr);
        command.Options.Add(Path);
    }

    /// <summary>Returns the peer that the command line names, or null if it names none.</summary>
    /// <param name="words">The command line.</param>
    /// <param name="ticket">The ticket, or null if there is none.</param>
    /// <param name="ticketOption">The option with the ticket, or null if it is an argument.</param>
    /// <exception cref="UsageException">The peer is named in two ways, or incompletely.</exception>
    public Peer? Read(ParseResult words, string? ticket, string? ticketOption = null)
    {
        var id = words.GetValue(Id);
        var hosts = words.GetValue(Addr) ?? [];
        var request = ReadRequest(words);
        if (ticket is null && id is null && hosts.Length == 0)
            return request is null ? null : throw new UsageException("--path needs a peer to dial: a ticket, or --id with --addr");
        if ((ticket is null) == (id is null) || (id is null) != (hosts.Length == 0))
            throw new UsageException("name the peer by its ticket, or by --id ID together with --addr HOST:PORT");
        if (ticket is not null)
        {
            var address = Addresses.ParseTicket(ticket, ticketOption);
            return new Peer(address.Id, address, []) { Request = request };
        }

        var key = Addresses.ParseId("--id", id!);
        (string, int)[] named = [.. hosts.Select(static host => Addresses.ParseHost("--addr", host))];
        return new Peer(key, new EndpointAddr(key), named) { Request = request };
    }

    private SessionRequest? ReadRequest(ParseResult words)
    {
        try
        {
            return words.GetValue(Path) is { } path ? new SessionRequest(path) : null;
        }
        catch (ArgumentException)
        {
            throw new UsageException(
                $"--path takes up to {SessionRequest.MaxPathBytes} visible ASCII characters that begin with a slash or a question mark, "
                + $"not '{TerminalText.Escape(words.GetValue(Path)!)}'");
        }
    }
}
