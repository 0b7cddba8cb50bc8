using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>Selects the versions of the protocol to offer for a session.</summary>
internal static class SessionProtocols
{
    /// <summary>
    /// Returns those of the protocols that can carry what a client states. A path is never left out, because the client would then use
    /// another service of the server than it has asked for; a role is, because the server only learns less.
    /// </summary>
    /// <param name="request">What the client states, or null for nothing.</param>
    /// <param name="protocols">The protocols, in order of preference.</param>
    /// <returns>The protocols in the same order, which may be none.</returns>
    public static IReadOnlyList<string> ThatCarry(SessionRequest? request, IReadOnlyList<string> protocols) =>
        request is null or { Path: "" } ? protocols : [.. protocols.Where(HasSetup)];

    /// <summary>Throws an exception if none of the protocols that are offered can carry what the client states.</summary>
    /// <exception cref="MoqConnectException">None can (<see cref="ConnectError.NoCommonProtocol"/>).</exception>
    public static void ThrowIfNoneCarries(SessionRequest? request, IReadOnlyList<string> protocols)
    {
        if (ThatCarry(request, protocols).Count > 0)
            return;
        throw new MoqConnectException(
            ConnectError.NoCommonProtocol,
            "A path can be stated from moq-lite-05 on, and MoqOptions.Protocols offers only older versions. Offer a newer one.");
    }

    private static bool HasSetup(string protocol) => MoqVersions.TryFromAlpn(protocol, out var version) && version.HasSetup;
}
