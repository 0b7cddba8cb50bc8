using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Iroh.Native;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>The table of ends in docs/endpoint.md: each result of ngtcp2, and each code of the peer.</summary>
[Parallelizable(ParallelScope.All)]
public class ConnectionEndsTests
{
    private const TransportEndCause Error = TransportEndCause.TransportError;

    // ngtcp2.h declares the results -201 to -238, -501 and -502.
    private static readonly int[] Results = [.. Enumerable.Range(-238, 38), -501, -502];

    [OneTimeSetUp]
    public void LoadNativeLibraries() => NativeLibraries.EnsureLoaded();

    [TestCase(-238, TransportEndCause.TimedOut, "", false)]
    [TestCase(-236, TransportEndCause.TimedOut, "the handshake was not complete within the handshake timeout", false)]
    [TestCase(-222, TransportEndCause.VersionMismatch, "it names no version", true)]
    [TestCase(-231, Error, "the first packet cannot begin a connection", false)]
    [TestCase(-232, Error, "the first packet cannot begin a connection", false)]
    public void ResultWithoutAClose_HasItsCause(int result, TransportEndCause cause, string text, bool isRemote) =>
        Assert.That(ConnectionEnds.WithoutClose(result, []), Is.EqualTo(new TransportEnd(cause, 0, text, isRemote)));

    // Errors of the peer, by the names of ngtcp2.
    [TestCase(-203, 0x0aUL, Error)] // PROTO
    [TestCase(-205, 0x07UL, Error)] // ACK_FRAME
    [TestCase(-209, 0x03UL, Error)] // FLOW_CONTROL
    [TestCase(-210, 0x09UL, Error)] // CONNECTION_ID_LIMIT
    [TestCase(-211, 0x04UL, Error)] // STREAM_LIMIT
    [TestCase(-212, 0x06UL, Error)] // FINAL_SIZE
    [TestCase(-215, 0x08UL, Error)] // REQUIRED_TRANSPORT_PARAM
    [TestCase(-216, 0x08UL, Error)] // MALFORMED_TRANSPORT_PARAM
    [TestCase(-217, 0x07UL, Error)] // FRAME_ENCODING
    [TestCase(-218, 0x0aUL, Error)] // DECRYPT
    [TestCase(-221, 0x05UL, Error)] // STREAM_STATE
    [TestCase(-225, 0x08UL, Error)] // TRANSPORT_PARAM
    [TestCase(-229, 0x0dUL, Error)] // CRYPTO_BUFFER_EXCEEDED
    [TestCase(-237, 0x11UL, TransportEndCause.VersionMismatch)] // VERSION_NEGOTIATION_FAILURE
    // Limits and losses, for which neither side is at fault.
    [TestCase(-233, 0x0fUL, TransportEndCause.AeadLimitReached)] // AEAD_LIMIT_REACHED
    [TestCase(-234, 0x10UL, TransportEndCause.NoViablePath)] // NO_VIABLE_PATH
    // Errors of this side.
    [TestCase(-201, 0x01UL, Error)] // INVALID_ARGUMENT
    [TestCase(-202, 0x01UL, Error)] // NOBUF
    [TestCase(-204, 0x01UL, Error)] // INVALID_STATE
    [TestCase(-206, 0x01UL, Error)] // STREAM_ID_BLOCKED
    [TestCase(-207, 0x01UL, Error)] // STREAM_IN_USE
    [TestCase(-208, 0x01UL, Error)] // STREAM_DATA_BLOCKED
    [TestCase(-214, 0x01UL, Error)] // PKT_NUM_EXHAUSTED
    [TestCase(-219, 0x01UL, Error)] // STREAM_SHUT_WR
    [TestCase(-220, 0x01UL, Error)] // STREAM_NOT_FOUND
    [TestCase(-223, 0x01UL, Error)] // CLOSING
    [TestCase(-226, 0x01UL, Error)] // DISCARD_PKT
    [TestCase(-227, 0x01UL, Error)] // CONN_ID_BLOCKED
    [TestCase(-228, 0x01UL, Error)] // INTERNAL
    [TestCase(-230, 0x01UL, Error)] // WRITE_MORE
    [TestCase(-235, 0x01UL, Error)] // VERSION_NEGOTIATION
    [TestCase(-500, 0x01UL, Error)] // FATAL
    [TestCase(-501, 0x01UL, Error)] // NOMEM
    [TestCase(-502, 0x01UL, Error)] // CALLBACK_FAILURE
    // Results that no version of ngtcp2 had when this table was written.
    [TestCase(0, 0x01UL, Error)]
    [TestCase(-1, 0x01UL, Error)]
    [TestCase(-239, 0x01UL, Error)]
    [TestCase(-503, 0x01UL, Error)]
    public void ResultWithAClose_HasItsCodeAndItsCause(int result, ulong code, TransportEndCause cause)
    {
        Assert.That(ConnectionEnds.WithoutClose(result, []), Is.Null);
        Assert.That(ConnectionEnds.CodeOf(result), Is.EqualTo(code));
        Assert.That(ConnectionEnds.Local(code, "why"), Is.EqualTo(new TransportEnd(cause, code, "why", false)));
    }

    /// <summary>The result DRAINING has the end that the peer has sent, and CRYPTO the alert of TLS.</summary>
    [Test]
    public void EveryResult_IsInTheTables()
    {
        var covered = new[] { nameof(ResultWithoutAClose_HasItsCause), nameof(ResultWithAClose_HasItsCodeAndItsCause) }
            .SelectMany(static test => typeof(ConnectionEndsTests).GetMethod(test)!.GetCustomAttributes(typeof(TestCaseAttribute), false))
            .Select(static test => (int)((TestCaseAttribute)test).Arguments[0]!);
        Assert.That(Results.Except(covered), Is.EquivalentTo(new[] { Ngtcp2.Draining, Ngtcp2.Crypto }));
        Assert.That(Results.Select(Ngtcp2.Describe), Has.None.EqualTo("(unknown)"));
        Assert.That(new[] { -200, -239, -500, -503 }.Select(Ngtcp2.Describe), Is.All.EqualTo("(unknown)"));
    }

    [Test]
    public void CodeOfThePeer_HasItsCause()
    {
        foreach (var code in Enumerable.Range(0, 0x12).Concat([0x100, 0x12a, 0x178, 0x1ff, 0x200]).Select(static code => (ulong)code))
        {
            var cause = code switch
            {
                0x0f => TransportEndCause.AeadLimitReached,
                0x10 => TransportEndCause.NoViablePath,
                0x11 => TransportEndCause.VersionMismatch,
                _ => TransportEndCause.TransportError,
            };
            Assert.That(
                ConnectionEnds.Remote(isApplication: false, code, "why"), Is.EqualTo(new TransportEnd(cause, code, "why", true)));
            Assert.That(
                ConnectionEnds.Remote(isApplication: true, code, "why"),
                Is.EqualTo(new TransportEnd(TransportEndCause.ClosedByApplication, code, "why", true)));
        }
    }

    [TestCase("80 00000000 00 00 6b3343cf", "it supports 0x6b3343cf")]
    [TestCase("ff 00000000 02 0102 03 040506 1a2a3a4a 6b3343cf ff00001d", "it supports 0x6b3343cf, 0xff00001d")]
    [TestCase("80 00000000 00 00 fafafafa", "it names no version")]
    [TestCase("80 00000000 00 00 6b3343", "it names no version")]
    [TestCase("80 00000000 00 00", "it names no version")]
    [TestCase("80 00000000 14 0102", "it names no version")]
    [TestCase("80 00000000", "it names no version")]
    [TestCase("", "it names no version")]
    public void VersionsInAPacket_AreNamed(string hex, string text) =>
        Assert.That(VersionNegotiation.Describe(Convert.FromHexString(hex.Replace(" ", ""))), Is.EqualTo(text));

    [Test]
    public void ListOfVersions_IsCut()
    {
        byte[] packet = [0x80, 0, 0, 0, 0, 0, 0, .. Enumerable.Repeat<byte>(1, 4_000)];
        Assert.That(VersionNegotiation.Describe(packet), Has.Length.LessThan(120));
    }
}
