using System.Net;
using CsCheck;
using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Iroh.Driver;
using IrohMoq.Reactive.Iroh.Native;

namespace IrohMoq.Reactive.Iroh.Tests;

[Parallelizable(ParallelScope.All)]
public unsafe class RetryTokensTests
{
    private const ulong Now = 77_000_000_000;
    private static readonly NetworkAddress Client = Address("192.0.2.1", 4433);
    private static readonly byte[] Scid = [1, 2, 3, 4, 5, 6, 7, 8];
    private static readonly byte[] Dcid = [.. Enumerable.Range(100, 18).Select(static i => (byte)i)];

    private static IEnumerable<(string Name, NetworkAddress Address)> OtherAddresses()
    {
        yield return ("port", Client with { Port = 4434 });
        yield return ("host", Address("192.0.2.2", 4433));
        yield return ("family", Address("2001:db8::1", 4433));
    }

    [OneTimeSetUp]
    public void LoadLibraries() => NativeLibraries.EnsureLoaded();

    [Test]
    public void Token_IsValid_AndContainsTheFirstConnectionId()
    {
        using var tokens = new RetryTokens();
        var token = Create(tokens, Client, Dcid);
        Assert.That(token, Has.Length.EqualTo(RetryTokens.Size));
        Assert.That(Verify(tokens, token, Client, Scid, Now), Is.EqualTo((TokenState.Valid, Dcid)), "at once");
        Assert.That(Verify(tokens, token, Client, Scid, Now), Is.EqualTo((TokenState.Valid, Dcid)), "a second time: nothing is stored");
    }

    [Test]
    public void AnyConnectionId_AndAddress_ComeBack() =>
        Gen.Select(Gen.Byte.Array[8, 20], Gen.Byte.Array[8, 20], Gen.OneOf(Gen.Byte.Array[4], Gen.Byte.Array[16]), Gen.UShort)
            .Sample((scid, dcid, host, port) =>
            {
                using var tokens = new RetryTokens();
                var client = NetworkAddress.From(new IPEndPoint(new IPAddress(host), port));
                var (state, original) = Verify(tokens, Create(tokens, client, dcid, scid), client, scid, Now);
                return state == TokenState.Valid && original.SequenceEqual(dcid);
            });

    [Test]
    public void AlteredToken_IsNotValid() =>
        Gen.Select(Gen.Int[0, RetryTokens.Size - 1], Gen.Byte[1, 255]).Sample((index, mask) =>
        {
            using var tokens = new RetryTokens();
            var token = Create(tokens, Client, Dcid);
            token[index] ^= mask;
            // The first byte says which kind of token it is.
            return Verify(tokens, token, Client, Scid, Now).State == (index == 0 ? TokenState.None : TokenState.Invalid);
        });

    [Test]
    public void TokenOfAnotherLength_IsNoToken()
    {
        using var tokens = new RetryTokens();
        var token = Create(tokens, Client, Dcid);
        for (var length = 0; length < token.Length; length++)
            Assert.That(Verify(tokens, token[..length], Client, Scid, Now).State, Is.EqualTo(TokenState.None), $"{length} bytes");
        Assert.That(Verify(tokens, [.. token, 0], Client, Scid, Now).State, Is.EqualTo(TokenState.None));
    }

    [Test]
    public void RandomBytes_AreNeverValid() =>
        Gen.Byte.Array[0, 200].Sample(token =>
        {
            using var tokens = new RetryTokens();
            return Verify(tokens, token, Client, Scid, Now).State != TokenState.Valid;
        });

    [Test]
    public void TokenOfAnotherAddress_IsInvalid()
    {
        using var tokens = new RetryTokens();
        var token = Create(tokens, Client, Dcid);
        foreach (var (name, other) in OtherAddresses())
            Assert.That(Verify(tokens, token, other, Scid, Now).State, Is.EqualTo(TokenState.Invalid), name);
    }

    [Test]
    public void TokenOfAnotherConnection_IsInvalid()
    {
        using var tokens = new RetryTokens();
        var token = Create(tokens, Client, Dcid);
        Assert.That(Verify(tokens, token, Client, [8, 7, 6, 5, 4, 3, 2, 1], Now).State, Is.EqualTo(TokenState.Invalid), "other id");
        Assert.That(Verify(tokens, token, Client, Scid, Now, version: 0x6b3343cf).State, Is.EqualTo(TokenState.Invalid), "other version");
    }

    [Test]
    public void TokenOfAnotherEndpoint_IsInvalid()
    {
        using var tokens = new RetryTokens();
        using var others = new RetryTokens();
        Assert.That(Verify(others, Create(tokens, Client, Dcid), Client, Scid, Now).State, Is.EqualTo(TokenState.Invalid));
    }

    [TestCase(0UL, TokenState.Valid)]
    [TestCase(RetryTokens.Lifetime - 1, TokenState.Valid)]
    [TestCase(RetryTokens.Lifetime, TokenState.Invalid)]
    [TestCase(RetryTokens.Lifetime * 1000, TokenState.Invalid)]
    public void Token_IsValidForItsLifetime(ulong age, object state)
    {
        using var tokens = new RetryTokens();
        Assert.That(Verify(tokens, Create(tokens, Client, Dcid), Client, Scid, Now + age).State, Is.EqualTo(state));
    }

    private static NetworkAddress Address(string host, ushort port) => NetworkAddress.From(new IPEndPoint(IPAddress.Parse(host), port));

    private static byte[] Create(RetryTokens tokens, NetworkAddress client, byte[] dcid, byte[]? scid = null)
    {
        var token = new byte[RetryTokens.Size];
        var (retryScid, original) = (Cid(scid ?? Scid), Cid(dcid));
        fixed (byte* bytes = token)
            Assert.That(tokens.TryCreate(bytes, Ngtcp2.Version1, client, &retryScid, &original, Now), Is.True);
        return token;
    }

    private static (TokenState State, byte[] Original) Verify(
        RetryTokens tokens, byte[] token, NetworkAddress client, byte[] dcid, ulong now, uint version = Ngtcp2.Version1)
    {
        fixed (byte* bytes = token)
        {
            NgPacketHeader header = default;
            header.Dcid = Cid(dcid);
            header.Version = version;
            header.Token = bytes;
            header.TokenLength = (nuint)token.Length;
            NgCid original = default;
            var state = tokens.Verify(&header, client, now, &original);
            return (state, state == TokenState.Valid ? new ReadOnlySpan<byte>(original.Data, (int)original.Length).ToArray() : []);
        }
    }

    private static NgCid Cid(byte[] bytes)
    {
        NgCid cid;
        ConnectionId.From(bytes).CopyTo(&cid);
        return cid;
    }
}
