using System.Diagnostics.CodeAnalysis;
using IrohMoq.Reactive.Endpoints;

namespace IrohMoq.Reactive;

/// <summary>
/// Represents an <see cref="EndpointAddr"/> as a single word of text that can be passed to another peer, such as
/// <c>endpointaa5wuj54z2…</c>. Other iroh implementations use the same format.
/// </summary>
public sealed record EndpointTicket : IParsable<EndpointTicket>
{
    /// <summary>Initializes a new instance of the <see cref="EndpointTicket"/> class.</summary>
    /// <param name="address">The address.</param>
    public EndpointTicket(EndpointAddr address)
    {
        ArgumentNullException.ThrowIfNull(address);
        Address = address;
    }

    /// <summary>Gets the address that the ticket represents.</summary>
    public EndpointAddr Address { get; }

    /// <summary>
    /// Parses a ticket. The prefix must be in lower case; the rest may be in either case. Further data in the same word after a
    /// complete ticket is ignored.
    /// </summary>
    /// <param name="text">The text, without surrounding white space.</param>
    /// <exception cref="FormatException">The text is not a ticket; the message states the reason.</exception>
    /// <remarks>Addresses that are neither IP addresses nor relays are skipped, because this library cannot dial them.</remarks>
    public static EndpointTicket Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TicketText.TryDecode(text, out var address, out var problem)
            ? new EndpointTicket(address)
            : throw new FormatException($"Not an endpoint ticket: {problem}.");
    }

    /// <summary>Parses a ticket like <see cref="Parse"/>, but without throwing an exception.</summary>
    /// <param name="text">The text, or null.</param>
    /// <param name="ticket">The ticket, if the text is valid.</param>
    /// <returns>False if <see cref="Parse"/> would throw.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out EndpointTicket? ticket)
    {
        ticket = text is not null && TicketText.TryDecode(text, out var address, out _) ? new EndpointTicket(address) : null;
        return ticket is not null;
    }

    /// <summary>Returns the ticket as text in lower case.</summary>
    public override string ToString() => TicketText.Encode(Address);

    /// <summary>Converts a ticket to its <see cref="Address"/>, so that a ticket can be dialed.</summary>
    /// <param name="ticket">The ticket.</param>
    public static implicit operator EndpointAddr(EndpointTicket ticket)
    {
        ArgumentNullException.ThrowIfNull(ticket);
        return ticket.Address;
    }

    static EndpointTicket IParsable<EndpointTicket>.Parse(string s, IFormatProvider? provider) => Parse(s);

    static bool IParsable<EndpointTicket>.TryParse(
        [NotNullWhen(true)] string? s, IFormatProvider? provider, [MaybeNullWhen(false)] out EndpointTicket result) =>
        TryParse(s, out result);
}
