using System.CommandLine;
using IrohMoq.Reactive;

namespace IrohMoq.Tool.Commands;

/// <summary>Defines the arguments that name the peer to dial, and the options of the endpoint that dials it.</summary>
internal sealed class DialOptions
{
    private readonly CommonOptions _common = new();
    private readonly Argument<string?> _ticket = new("ticket") { Description = "The ticket of the peer.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string?> _id = new("--id") { Description = "The endpoint id of the peer, instead of a ticket." };
    private readonly Option<string?> _addr = new("--addr") { Description = "IP:PORT of the peer, together with --id." };
    private readonly Option<double?> _timeout;

    /// <param name="defaultTimeout">The value of <c>--timeout</c> if it is not given, in seconds.</param>
    public DialOptions(double defaultTimeout) => _timeout = new("--timeout")
    {
        Description = "The maximum time, in seconds, to reach the peer.",
        DefaultValueFactory = _ => defaultTimeout,
    };

    /// <summary>Gets the options of the endpoint.</summary>
    public CommonOptions Common => _common;

    public void AddTo(Command command)
    {
        command.Arguments.Add(_ticket);
        command.Options.Add(_id);
        command.Options.Add(_addr);
        command.Options.Add(_timeout);
        command.Options.Add(_common.SecretKeyFile);
        command.Options.Add(_common.Bind);
        command.Options.Add(_common.Congestion);
        command.Options.Add(_common.Transport);
        command.Options.Add(_common.Json);
        command.Options.Add(_common.Verbose);
    }

    /// <summary>Returns the maximum time to reach the peer.</summary>
    public TimeSpan ReadTimeout(ParseResult words) => words.GetValue(_timeout) is > 0 and < 1e6 and var seconds
        ? TimeSpan.FromSeconds(seconds)
        : throw new UsageException("--timeout takes a number of seconds, more than 0");

    /// <summary>Returns the address of the peer.</summary>
    public EndpointAddr ReadPeer(ParseResult words)
    {
        var ticket = words.GetValue(_ticket);
        var id = words.GetValue(_id);
        var addr = words.GetValue(_addr);
        if ((ticket is null) == (id is null) || (id is null) != (addr is null))
            throw new UsageException("name the peer by its ticket, or by --id ID together with --addr IP:PORT");
        try
        {
            return ticket is not null
                ? EndpointTicket.Parse(ticket.Trim()).Address
                : new EndpointAddr(EndpointId.Parse(id!.Trim()), CommonOptions.ParseAddress("--addr", addr!));
        }
        catch (FormatException wrong)
        {
            throw new UsageException(wrong.Message);
        }
    }
}
