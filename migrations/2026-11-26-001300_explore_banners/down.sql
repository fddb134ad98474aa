DROP TABLE IF EXISTS exporle_banners;
