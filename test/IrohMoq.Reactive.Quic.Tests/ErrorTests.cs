using System.Net;
using System.Net.Quic;
using System.Security.Authentication;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Quic.Tests;

/// <summary>What the exceptions of System.Net.Quic mean for a connection and for a dial. They need no QUIC.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class ErrorTests
{
    private static readonly IPEndPoint Remote = new(IPAddress.Loopback, 4433);

    [TestCase(QuicError.ConnectionIdle, TransportEndCause.TimedOut, 0UL, false)]
    [TestCase(QuicError.ConnectionTimeout, TransportEndCause.TimedOut, 0UL, false)]
    // System.Net.Quic has no other sign of a stateless reset.
    [TestCase(QuicError.OperationAborted, TransportEndCause.Reset, 0UL, true)]
    [TestCase(QuicError.InternalError, TransportEndCause.TransportError, 1UL, false)]
    [TestCase(QuicError.ConnectionAborted, TransportEndCause.ClosedByApplication, 7UL, true)]
    public void EndOfAConnection(QuicError error, TransportEndCause cause, ulong code, bool isRemote)
    {
        var end = ConnectionEnds.From(new QuicException(error, 7, "text"));
        Assert.That((end.Cause, end.Code, end.IsRemote), Is.EqualTo((cause, code, isRemote)));
    }

    [Test]
    public void RefusedCertificate_IsTheTlsAlert()
    {
        var end = ConnectionEnds.From(new AuthenticationException("text"));
        Assert.That(end, Is.EqualTo(new TransportEnd(TransportEndCause.TransportError, 0x12a, "text", IsRemote: true)));
    }

    [TestCase(QuicError.ConnectionIdle, null, ConnectError.TimedOut)]
    [TestCase(QuicError.ConnectionTimeout, null, ConnectError.TimedOut)]
    [TestCase(QuicError.ConnectionRefused, null, ConnectError.Busy)]
    [TestCase(QuicError.VersionNegotiationError, null, ConnectError.VersionMismatch)]
    [TestCase(QuicError.InternalError, null, ConnectError.Other)]
    [TestCase(QuicError.ConnectionAborted, 0L, ConnectError.NotServing)]
    [TestCase(QuicError.ConnectionAborted, 4L, ConnectError.Busy)]
    [TestCase(QuicError.ConnectionAborted, 6L, ConnectError.Refused)]
    public void FailureOfADial(QuicError error, long? code, ConnectError expected) =>
        Assert.That(DialErrors.From(new QuicException(error, code, "text"), Remote, false).Error, Is.EqualTo(expected));

    [TestCase(false, ConnectError.NoCommonProtocol)]
    [TestCase(true, ConnectError.HandshakeFailed)]
    public void FailureOfTheTlsHandshake_DependsOnWhetherTheCertificateWasSeen(bool isCertificateSeen, ConnectError expected) =>
        Assert.That(DialErrors.From(new AuthenticationException("text"), Remote, isCertificateSeen).Error, Is.EqualTo(expected));
}
