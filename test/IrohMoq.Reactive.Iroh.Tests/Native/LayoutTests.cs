using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Iroh.Native;

namespace IrohMoq.Reactive.Iroh.Tests.Native;

/// <summary>The sizes and offsets that a C compiler gives the structs of ngtcp2's headers on 64-bit Linux.</summary>
public unsafe class LayoutTests
{
    [Test]
    public void Sizes_AreThoseOfTheHeaders()
    {
        Assert.Multiple(() =>
        {
            Assert.That(sizeof(NgCid), Is.EqualTo(32));
            Assert.That(sizeof(NgVec), Is.EqualTo(16));
            Assert.That(sizeof(NgPacketInfo), Is.EqualTo(8));
            Assert.That(sizeof(NgAddr), Is.EqualTo(16));
            Assert.That(sizeof(NgPath), Is.EqualTo(40));
            Assert.That(sizeof(NgPathStorage), Is.EqualTo(96));
            Assert.That(sizeof(NgCloseError), Is.EqualTo(40));
            Assert.That(sizeof(NgSettings), Is.EqualTo(184));
            Assert.That(sizeof(NgPreferredAddr), Is.EqualTo(96));
            Assert.That(sizeof(NgTransportParams), Is.EqualTo(344));
            Assert.That(sizeof(NgCallbacks), Is.EqualTo(320));
            Assert.That(sizeof(NgVersionCid), Is.EqualTo(40));
            Assert.That(sizeof(NgPacketHeader), Is.EqualTo(112));
            Assert.That(sizeof(NgConnectionInfo), Is.EqualTo(56));
            Assert.That(sizeof(GnuTlsDatum), Is.EqualTo(16));
            Assert.That(sizeof(MessageHeader), Is.EqualTo(56));
        });
    }

    [Test]
    public void Offsets_AreThoseOfTheHeaders()
    {
        NgTransportParams parameters = default;
        NgSettings settings = default;
        var p = (byte*)Unsafe.AsPointer(ref parameters);
        var s = (byte*)Unsafe.AsPointer(ref settings);
        Assert.That((long)((byte*)Unsafe.AsPointer(ref parameters.InitialMaxData) - p), Is.EqualTo(216));
        Assert.That((long)((byte*)Unsafe.AsPointer(ref parameters.MaxDatagramFrameSize) - p), Is.EqualTo(280));
        Assert.That((long)((byte*)Unsafe.AsPointer(ref parameters.VersionInfo) - p), Is.EqualTo(312));
        Assert.That((long)((byte*)Unsafe.AsPointer(ref settings.AckThreshold) - s), Is.EqualTo(96));
        Assert.That((long)((byte*)Unsafe.AsPointer(ref settings.HandshakeTimeout) - s), Is.EqualTo(112));
        Assert.That((long)((byte*)Unsafe.AsPointer(ref settings.InitialPacketNumber) - s), Is.EqualTo(160));
        Assert.That((long)((byte*)Unsafe.AsPointer(ref settings.PmtudProbesLength) - s), Is.EqualTo(176));
    }

    [Test]
    public void MissingLibrary_IsNamedWithTheCommandThatInstallsIt()
    {
        var failure = Assert.Throws<NativeLibraryException>(() => NativeLibraries.Require("libno-such.so.1", null));
        Assert.That(failure!.FileName, Is.EqualTo("libno-such.so.1"));
        Assert.That(failure.Message, Does.Contain("libno-such.so.1").And.Contain("apt-get install").And.Contain("libngtcp2-16"));
    }

    [Test]
    public void OldLibrary_IsReportedAsTooOld()
    {
        // GnuTLS replaces the old file: it exists, and it is the wrong library.
        var failure = Assert.Throws<NativeLibraryException>(() => NativeLibraries.Require("libno-such.so.1", GnuTls.Library));
        Assert.That(failure!.Message, Does.Contain("too old"));
    }
}
