using System.Net;
using System.Net.Sockets;
using CsCheck;
using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Iroh.Native;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>Addresses and paths as values, in the forms of .NET, of the operating system and of ngtcp2.</summary>
[Parallelizable(ParallelScope.All)]
public unsafe class NetworkAddressTests
{
    private static readonly string[] Examples =
    [
        "0.0.0.0:0", "127.0.0.1:443", "255.255.255.255:65535", "10.1.2.3:4567", "[::]:0", "[::1]:443", "[2001:db8::1:2]:65535",
        "[fe80::1%3]:5000", "[fe80::aaaa:bbbb:cccc:dddd%4294967295]:1", "[ff02::1]:9",
    ];

    private static readonly Gen<IPEndPoint> EndPoints = Gen.Select(
        Gen.Bool, Gen.Byte.Array[16], Gen.UShort,
        static (isIPv4, bytes, port) => new IPEndPoint(new IPAddress(isIPv4 ? bytes[..4] : bytes), port));

    [Test]
    public void MappedIPv4Address_BecomesAnIPv4Address() =>
        Assert.That(
            NetworkAddress.From(IPEndPoint.Parse("[::ffff:10.1.2.3]:80")),
            Is.EqualTo(NetworkAddress.From(IPEndPoint.Parse("10.1.2.3:80"))));

    [TestCaseSource(nameof(Examples))]
    public void Address_HasTheNativeFormOfTheOperatingSystem(string text)
    {
        var endPoint = IPEndPoint.Parse(text);
        var native = new byte[NetworkAddress.MaxNativeSize];
        Array.Fill(native, (byte)0xee);
        var length = NetworkAddress.From(endPoint).Write(native);
        var expected = endPoint.Serialize();
        Assert.That(native[..length], Is.EqualTo(expected.Buffer[..expected.Size].ToArray()));
        Assert.That(native[length..], Is.All.Zero);
        Assert.That(NetworkAddress.Read(native), Is.EqualTo(NetworkAddress.From(endPoint)));
    }

    [TestCaseSource(nameof(Examples))]
    public void Address_IsConvertedThereAndBack(string text)
    {
        var endPoint = IPEndPoint.Parse(text);
        var address = NetworkAddress.From(endPoint);
        Assert.That(address.ToEndPoint(), Is.EqualTo(endPoint));
        Assert.That(address.ToString(), Is.EqualTo(endPoint.ToString()));
        var isAny = endPoint.Address.Equals(IPAddress.Any) || endPoint.Address.Equals(IPAddress.IPv6Any);
        Assert.That(address.IsUnspecified, Is.EqualTo(isAny));
        Assert.That(address.IsEmpty, Is.False);
    }

    [Test]
    public void AnyAddress_IsConvertedThereAndBack() => EndPoints.Sample(static endPoint =>
    {
        Span<byte> native = stackalloc byte[NetworkAddress.MaxNativeSize];
        var address = NetworkAddress.From(endPoint);
        address.Write(native);
        return NetworkAddress.Read(native) == address && address.ToEndPoint().Equals(endPoint);
    });

    [Test]
    public void ScopeId_BelongsToLinkLocalAddressesOnly()
    {
        var global = new IPEndPoint(new IPAddress(IPAddress.Parse("2001:db8::1").GetAddressBytes(), 7), 1);
        Assert.That(NetworkAddress.From(global).ScopeId, Is.Zero);
        Assert.That(NetworkAddress.From(IPEndPoint.Parse("[fe80::1%7]:1")).ScopeId, Is.EqualTo(7));
    }

    [Test]
    public void DefaultValue_AndOtherFamilies_AreNoAddress()
    {
        var native = new byte[NetworkAddress.MaxNativeSize];
        native[0] = (byte)AddressFamily.Unix;
        Assert.That((default(NetworkAddress).IsEmpty, NetworkAddress.Read(native)), Is.EqualTo((true, default(NetworkAddress))));
        Assert.That(default(NetworkAddress).ToString(), Is.EqualTo("none"));
    }

    [Test]
    public void Path_IsConvertedThereAndBack() =>
        Gen.Select(EndPoints, EndPoints, Gen.Int).Sample(static (local, remote, carrier) =>
        {
            var path = new NetworkPath(NetworkAddress.From(local), NetworkAddress.From(remote), carrier);
            NgPathStorage native;
            NativePath.Write(path, &native);
            return native.Path.Local.Address == native.LocalBuffer && native.Path.Remote.Address == native.RemoteBuffer
                && native.Path.Local.Length == local.Serialize().Size && native.Path.Remote.Length == remote.Serialize().Size
                && NativePath.Read(native) == path;
        });

    /// <summary>ngtcp2 copies the structure of a path, after which the pointers in it lead to the original.</summary>
    [Test]
    public void CopiedPath_IsReadFromItsOwnBuffers()
    {
        NgPathStorage original, copy;
        var path = new NetworkPath(NetworkAddress.From(IPEndPoint.Parse("[::1]:1")), NetworkAddress.From(IPEndPoint.Parse("[::2]:2")), 3);
        NativePath.Write(path, &original);
        copy = original;
        original = default;
        Assert.That(NativePath.Read(copy), Is.EqualTo(path));
    }

    [Test]
    public void ConnectionId_IsConvertedThereAndBack([Range(0, NgCid.MaxLength)] int length)
    {
        NgCid native, copy;
        ConnectionId.Randomize(&native, length);
        var id = ConnectionId.From(&native);
        id.CopyTo(&copy);
        Assert.That(new Span<byte>(&copy, sizeof(NgCid)).SequenceEqual(new Span<byte>(&native, sizeof(NgCid))), Is.True);
        Assert.That(ConnectionId.From(new ReadOnlySpan<byte>(native.Data, length)), Is.EqualTo(id));
    }

    [Test]
    public void ConnectionIds_OfDifferentLengthsAreDifferent()
    {
        var ids = Enumerable.Range(0, NgCid.MaxLength + 1).Select(static length => ConnectionId.From(new byte[length]));
        Assert.That(ids, Is.Unique);
    }
}
