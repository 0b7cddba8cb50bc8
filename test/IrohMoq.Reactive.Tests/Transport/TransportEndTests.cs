using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Tests.Transport;

/// <summary>How the end of a transport is described, and what a session makes of it.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class TransportEndTests
{
    [TestCase(TransportEndCause.ClosedByApplication, 7UL, "enough", true, "closed by the peer with code 7: enough")]
    [TestCase(TransportEndCause.ClosedByApplication, 0UL, "", false, "closed on this side with code 0")]
    [TestCase(TransportEndCause.TimedOut, 0UL, "", false, "timed out: nothing arrived from the peer within the idle timeout")]
    [TestCase(TransportEndCause.TimedOut, 0UL, "too late", false, "timed out: too late")]
    [TestCase(TransportEndCause.Reset, 0UL, "", true, "was reset: the peer does not know the connection any more")]
    [TestCase(
        TransportEndCause.VersionMismatch, 0UL, "it supports 0x2", true,
        "could not begin: the peer supports no QUIC version of this side: it supports 0x2")]
    [TestCase(TransportEndCause.NoViablePath, 16UL, "", true, "failed by the peer: the network path does not carry its packets")]
    [TestCase(TransportEndCause.AeadLimitReached, 15UL, "", false, "ended on this side: its keys have reached their limit")]
    [TestCase(TransportEndCause.TransportError, 0UL, "why", true, "failed by the peer with transport error 0x0: why")]
    [TestCase(TransportEndCause.TransportError, 3UL, "", false, "failed on this side with transport error 0x3 (FLOW_CONTROL_ERROR)")]
    [TestCase(
        TransportEndCause.TransportError, 0x12aUL, "", true, "failed by the peer with transport error 0x12a (CRYPTO_ERROR, TLS alert 42)")]
    [TestCase(TransportEndCause.TransportError, 0x12UL, "", true, "failed by the peer with transport error 0x12")]
    [TestCase(TransportEndCause.TransportError, 0x200UL, "", true, "failed by the peer with transport error 0x200")]
    public void Description_NamesTheCauseAndTheSide(TransportEndCause cause, ulong code, string reason, bool isRemote, string text) =>
        Assert.That(new TransportEnd(cause, code, reason, isRemote).ToString(), Is.EqualTo(text));

    /// <summary>RFC 9000, section 20.1, and RFC 9368, section 10.2.</summary>
    [TestCase(0UL, "")]
    [TestCase(1UL, "INTERNAL_ERROR")]
    [TestCase(2UL, "CONNECTION_REFUSED")]
    [TestCase(3UL, "FLOW_CONTROL_ERROR")]
    [TestCase(4UL, "STREAM_LIMIT_ERROR")]
    [TestCase(5UL, "STREAM_STATE_ERROR")]
    [TestCase(6UL, "FINAL_SIZE_ERROR")]
    [TestCase(7UL, "FRAME_ENCODING_ERROR")]
    [TestCase(8UL, "TRANSPORT_PARAMETER_ERROR")]
    [TestCase(9UL, "CONNECTION_ID_LIMIT_ERROR")]
    [TestCase(0x0aUL, "PROTOCOL_VIOLATION")]
    [TestCase(0x0bUL, "INVALID_TOKEN")]
    [TestCase(0x0cUL, "APPLICATION_ERROR")]
    [TestCase(0x0dUL, "CRYPTO_BUFFER_EXCEEDED")]
    [TestCase(0x0eUL, "KEY_UPDATE_ERROR")]
    [TestCase(0x0fUL, "AEAD_LIMIT_REACHED")]
    [TestCase(0x10UL, "NO_VIABLE_PATH")]
    [TestCase(0x11UL, "VERSION_NEGOTIATION_ERROR")]
    [TestCase(0x12UL, "")]
    [TestCase(0xffUL, "")]
    [TestCase(0x100UL, "CRYPTO_ERROR, TLS alert 0")]
    [TestCase(0x1ffUL, "CRYPTO_ERROR, TLS alert 255")]
    [TestCase(0x200UL, "")]
    [TestCase(ulong.MaxValue, "")]
    public void TransportErrorCode_HasItsName(ulong code, string name) => Assert.That(QuicErrorNames.NameOf(code), Is.EqualTo(name));

    [TestCase(TransportEndCause.ClosedByApplication, 7UL, SessionEndCause.Closed, 7u)]
    [TestCase(TransportEndCause.ClosedByApplication, 1UL << 40, SessionEndCause.Closed, 4u)]
    [TestCase(TransportEndCause.TimedOut, 0UL, SessionEndCause.TimedOut, 3u)]
    [TestCase(TransportEndCause.Reset, 0UL, SessionEndCause.Reset, 4u)]
    [TestCase(TransportEndCause.TransportError, 10UL, SessionEndCause.TransportError, 4u)]
    [TestCase(TransportEndCause.VersionMismatch, 0UL, SessionEndCause.TransportError, 4u)]
    [TestCase(TransportEndCause.NoViablePath, 16UL, SessionEndCause.NoViablePath, 4u)]
    [TestCase(TransportEndCause.AeadLimitReached, 15UL, SessionEndCause.AeadLimitReached, 4u)]
    public void EndOfASession_HasTheCauseAndTheCode(TransportEndCause cause, ulong code, SessionEndCause expected, uint sessionCode)
    {
        var end = new TransportEnd(cause, code, "", IsRemote: true);
        Assert.That(
            (MoqConnection.CauseOf(end), MoqConnection.CodeOf(end)), Is.EqualTo((expected, new MoqErrorCode(sessionCode))));
    }

    [Test]
    public void EveryCause_IsInTheTables() =>
        Assert.That(
            GetType().GetMethod(nameof(EndOfASession_HasTheCauseAndTheCode))!.GetCustomAttributes(typeof(TestCaseAttribute), false)
                .Select(static test => ((TestCaseAttribute)test).Arguments[0]).Distinct(),
            Is.EquivalentTo(Enum.GetValues<TransportEndCause>()));
}
