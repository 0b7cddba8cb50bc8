using System.Buffers;
using System.Net;
using System.Net.Sockets;
using IrohMoq.Reactive;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Commands;

/// <summary>Parses what names a peer on the command line: tickets, ids, and addresses. Surrounding white space is ignored.</summary>
internal static class Addresses
{
    private static readonly SearchValues<char> Quotes = SearchValues.Create("\"'`“”‘’«»");
    private static readonly (string Prefix, string Kind)[] OtherTickets =
        [("node", "node"), ("blob", "blob"), ("doc", "document"), ("author", "author"), ("gossip", "gossip")];

    /// <summary>Parses a ticket.</summary>
    /// <param name="text">The ticket.</param>
    /// <param name="option">The option with the ticket, or null if it is an argument.</param>
    /// <exception cref="UsageException">The text is not a ticket; the message names what is wrong.</exception>
    public static EndpointAddr ParseTicket(string text, string? option = null)
    {
        var word = Trim(text);
        if (FindProblem(word) is { } problem)
            throw new UsageException(option is null ? problem : $"{option}: {problem}");
        try
        {
            return EndpointTicket.Parse(word.ToLowerInvariant()).Address;
        }
        catch (FormatException wrong)
        {
            throw new UsageException($"{option ?? "the ticket"} '{TerminalText.Escape(word)}': {wrong.Message}");
        }
    }

    /// <summary>Parses an endpoint id.</summary>
    /// <exception cref="UsageException">The text is not an id.</exception>
    public static EndpointId ParseId(string option, string text)
    {
        try
        {
            return EndpointId.Parse(Trim(text).ToLowerInvariant());
        }
        catch (FormatException wrong)
        {
            throw new UsageException($"{option} '{TerminalText.Escape(text)}': {wrong.Message}");
        }
    }

    /// <summary>Parses an IP address with a port.</summary>
    /// <exception cref="UsageException">The text is neither.</exception>
    public static IPEndPoint ParseIp(string option, string text)
    {
        if (!TryParseIp(Trim(text), out var address))
            throw new UsageException($"{option} takes IP:PORT, for example 127.0.0.1:4433 or [::1]:4433, not '{text}'");
        CheckInterface(option, text, address);
        return address;
    }

    /// <summary>Parses an IP address and a port that other peers can dial.</summary>
    /// <exception cref="UsageException">The text is something else.</exception>
    public static IPEndPoint ParseDialable(string option, string text)
    {
        var address = ParseIp(option, text);
        CheckPort(option, text, address.Port);
        return address;
    }

    /// <summary>Splits a host name or IP address and a port.</summary>
    /// <exception cref="UsageException">The text is something else.</exception>
    public static (string Host, int Port) ParseHost(string option, string text)
    {
        var word = Trim(text);
        if (TryParseIp(word, out var address))
        {
            CheckInterface(option, text, address);
            return (address.Address.ToString(), CheckPort(option, text, address.Port));
        }

        var colon = word.LastIndexOf(':');
        if (colon > 0 && word.IndexOf(':', StringComparison.Ordinal) == colon && int.TryParse(word.AsSpan(colon + 1), out var port)
            && Uri.CheckHostName(word[..colon]) == UriHostNameType.Dns)
            return (word[..colon], CheckPort(option, text, port));
        throw new UsageException($"{option} takes HOST:PORT, for example example.org:4433, 127.0.0.1:4433 or [::1]:4433, not '{text}'");
    }

    /// <summary>Returns all addresses of a host.</summary>
    /// <exception cref="UnresolvedHostException">The host has no address.</exception>
    public static async Task<IPEndPoint[]> ResolveAsync(string option, string host, int port, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(host, out var address))
            return [new IPEndPoint(address, port)];
        try
        {
            var found = await Dns.GetHostAddressesAsync(host, cancellationToken).ConfigureAwait(false);
            return [.. found.Select(one => new IPEndPoint(one, port))];
        }
        catch (SocketException unknown)
        {
            throw new UnresolvedHostException($"{option}: the name '{host}' has no address: {unknown.Message}", unknown);
        }
    }

    /// <summary>Returns what is wrong with a word that is no ticket because something else was pasted, or null.</summary>
    private static string? FindProblem(string word)
    {
        if (word.Length == 0)
            return "the ticket is empty";
        if (word.AsSpan().IndexOfAny(Quotes) is >= 0 and var quote)
            return $"the ticket has a quotation mark at character {quote + 1}; pass it without quotation marks";
        if (word.Any(char.IsWhiteSpace))
        {
            return word.AsSpan().IndexOfAny("\r\n") >= 0
                ? "the ticket has a line break inside; pass it as one word, without line breaks"
                : "the ticket has a blank inside; pass only the word that begins with 'endpoint'";
        }

        if (EndpointId.TryParse(word.ToLowerInvariant(), out _))
            return "this is an endpoint id and no ticket; pass it with --id ID --addr HOST:PORT";
        return OtherTickets.FirstOrDefault(other => word.StartsWith(other.Prefix, StringComparison.OrdinalIgnoreCase)) is { Kind: { } kind }
            ? $"this is {(kind == "author" ? "an" : "a")} {kind} ticket of iroh; an endpoint ticket is expected, which 'moq publish' prints"
            : null;
    }

    private static int CheckPort(string option, string text, int port) =>
        port is >= 1 and <= ushort.MaxValue ? port : throw new UsageException($"{option} takes a port from 1 to 65535, not '{text}'");

    /// <summary>Throws an exception if an address names an interface that this machine does not have.</summary>
    private static void CheckInterface(string option, string text, IPEndPoint address)
    {
        // The name of an unknown interface is parsed as no interface.
        if (text.IndexOf('%', StringComparison.Ordinal) is >= 0 and var percent && address.Address.ScopeId == 0)
            throw new UsageException($"{option}: this machine has no interface '{text[(percent + 1)..].Split(']')[0]}'");
    }

    private static bool TryParseIp(string text, out IPEndPoint address)
    {
        // IPEndPoint.TryParse alone is too lenient: it accepts "1" as an address, the port is optional, and without brackets the last part
        // of an IPv6 address would be its port.
        address = null!;
        var isV6 = text.StartsWith('[');
        var dots = text.Count(static c => c == '.');
        return (isV6 ? text.Contains("]:", StringComparison.Ordinal) : dots == 3 && text.Count(static c => c == ':') == 1)
            && IPEndPoint.TryParse(text, out address!);
    }

    private static string Trim(string text) => text.Trim().Trim('\uFEFF', '\u200B').Trim();
}
